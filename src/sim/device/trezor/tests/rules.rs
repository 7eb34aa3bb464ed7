//! What a real Trezor refuses, warns about or keeps silent about.

use super::*;
use proptest::prelude::*;
use trezor_client::protos::tx_ack::TransactionType;
use trezor_client::protos::tx_ack::transaction_type::{TxInputType, TxOutputType};
use trezor_client::protos::tx_request::RequestType;

/// A host that answers from a recorded transaction, changed before it is asked.
struct Sheet {
    head: protos::SignTx,
    inputs: Vec<TxInputType>,
    outputs: Vec<TxOutputType>,
    previous: Vec<(Vec<u8>, TransactionType)>,
}

impl Sheet {
    /// What a recording's host answered, put together.
    fn read(name: &str) -> Option<Self> {
        let (_, wire) = recordings("trezor/T2T1", name, "wire").into_iter().find(|(it, _)| it == name)?;
        let mut sheet = Self { head: protos::SignTx::new(), inputs: vec![], outputs: vec![], previous: vec![] };
        let mut asked = protos::TxRequest::new();
        for message in messages(&wire) {
            match (message.host, message.frame.kind) {
                (true, 15) => sheet.head = read(&message.frame),
                (false, 21) => asked = read(&message.frame),
                (true, 22) => {
                    let tx = read::<protos::TxAck>(&message.frame).tx.unwrap();
                    let at = usize::try_from(asked.details.request_index()).unwrap();
                    match (asked.request_type(), asked.details.tx_hash.clone()) {
                        (RequestType::TXINPUT, None) if at >= sheet.inputs.len() => sheet.inputs.extend(tx.inputs),
                        (RequestType::TXOUTPUT, None) if at >= sheet.outputs.len() => sheet.outputs.extend(tx.outputs),
                        (RequestType::TXMETA, Some(hash)) => sheet.previous.push((hash, tx)),
                        (RequestType::TXINPUT, Some(_)) => {
                            sheet.previous.last_mut().unwrap().1.inputs.extend(tx.inputs)
                        }
                        (RequestType::TXOUTPUT, Some(_)) => {
                            sheet.previous.last_mut().unwrap().1.bin_outputs.extend(tx.bin_outputs);
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        Some(sheet)
    }

    fn answer(&self, asked: &protos::TxRequest) -> TransactionType {
        let at = usize::try_from(asked.details.request_index()).unwrap();
        let mut tx = TransactionType::new();
        let previous =
            asked.details.tx_hash.as_ref().map(|hash| self.previous.iter().find(|(it, _)| it == hash).unwrap());
        match (asked.request_type(), previous) {
            (RequestType::TXINPUT, None) => tx.inputs.push(self.inputs[at].clone()),
            (RequestType::TXOUTPUT, None) => tx.outputs.push(self.outputs[at].clone()),
            (RequestType::TXMETA, Some((_, whole))) => {
                tx = whole.clone();
                tx.inputs.clear();
                tx.bin_outputs.clear();
            }
            (RequestType::TXINPUT, Some((_, whole))) => tx.inputs.push(whole.inputs[at].clone()),
            (RequestType::TXOUTPUT, Some((_, whole))) => tx.bin_outputs.push(whole.bin_outputs[at].clone()),
            other => panic!("{other:?}"),
        }
        tx
    }

    /// Has it signed: the pages, and the signatures or the code of the refusal. The last answer may be spoiled.
    fn sign(
        &self,
        model: TrezorModel,
        spoil: &dyn Fn(usize, &mut TransactionType),
    ) -> (Vec<Screen>, Result<Vec<Vec<u8>>, i32>) {
        let mut trezor = device(model, "", &Value::Null);
        let (mut shown, mut signatures, mut answers) = (Vec::new(), Vec::new(), 0);
        send(&mut trezor, &Frame { kind: 0, body: Vec::new() });
        let mut said = send(&mut trezor, &frame(MessageType::MessageType_SignTx, &self.head));
        loop {
            let message = said.pop().expect("the device says something");
            assert!(said.is_empty());
            said = match message.kind {
                3 => return (shown, Err(read::<protos::Failure>(&message).code() as i32)),
                26 => {
                    assert!(trezor.press(Press::Yes).is_empty(), "not before the host knows");
                    assert!(send(&mut trezor, &Frame { kind: 27, body: Vec::new() }).is_empty());
                    shown.push(trezor.screen());
                    whole(&trezor.press(Press::Yes))
                }
                21 => {
                    let asked = read::<protos::TxRequest>(&message);
                    signatures.extend(asked.serialized.signature.clone());
                    if asked.request_type() == RequestType::TXFINISHED {
                        return (shown, Ok(signatures));
                    }
                    let mut ack = protos::TxAck::new();
                    let mut answer = self.answer(&asked);
                    spoil(answers, &mut answer);
                    answers += 1;
                    ack.tx = Some(answer).into();
                    send(&mut trezor, &frame(MessageType::MessageType_TxAck, &ack))
                }
                other => panic!("type {other}"),
            };
        }
    }

    fn honest(&self, model: TrezorModel) -> (Vec<Screen>, Result<Vec<Vec<u8>>, i32>) {
        self.sign(model, &|_, _| {})
    }
}

const MODELS: [TrezorModel; 2] = [TrezorModel::One, TrezorModel::T];

#[test]
fn change_is_silent_only_where_it_goes_back_to_the_same_keys_and_account() {
    let paid = |sheet: &Sheet, model| {
        let (shown, signed) = sheet.honest(model);
        assert_eq!(signed.unwrap().len(), 2);
        let title = if model == TrezorModel::One { "Confirm sending" } else { "Recipient" };
        shown.iter().filter(|page| page.title.starts_with(title)).count()
    };
    for model in MODELS {
        let Some(mut sheet) = Sheet::read("sign-2of3-wsh-second-signer") else { return };
        assert_eq!(paid(&sheet, model), 1, "as recorded");
        // The same keys, but any one of them is enough: another wallet.
        sheet.outputs[1].multisig.as_mut().unwrap().m = Some(1);
        assert_eq!(paid(&sheet, model), 2);
        let mut sheet = Sheet::read("sign-2of3-wsh-second-signer").unwrap();
        sheet.outputs[1].multisig.as_mut().unwrap().nodes.pop();
        sheet.outputs[1].multisig.as_mut().unwrap().signatures.clear();
        assert_eq!(paid(&sheet, model), 2);
        let mut sheet = Sheet::read("sign-tr").unwrap();
        assert_eq!(paid(&sheet, model), 1);
        sheet.outputs[1].address_n[2] += 1;
        assert_eq!(paid(&sheet, model), 2, "another account");
    }
}

#[test]
fn what_a_real_one_refuses_is_refused_with_its_code() {
    use protos::failure::FailureType::*;
    for model in MODELS {
        let computed = if model == TrezorModel::One { Failure_DataError } else { Failure_ProcessError } as i32;
        let refused = |change: &dyn Fn(&mut Sheet)| {
            let mut sheet = Sheet::read("sign-2of3-wsh-second-signer")?;
            change(&mut sheet);
            Some(sheet.honest(model).1.unwrap_err())
        };
        let Some(code) = refused(&|sheet| sheet.previous[0].1.bin_outputs[1].amount = Some(1)) else { return };
        assert_eq!(code, computed, "another previous transaction");
        let data = Failure_DataError as i32;
        let cases: [&dyn Fn(&mut Sheet); 11] = [
            &|sheet| sheet.inputs[0].amount = None,
            &|sheet| sheet.inputs[0].address_n[1] = 1 << 31,
            &|sheet| sheet.inputs[0].address_n[5] = 7,
            &|sheet| sheet.inputs[0].prev_hash = Some(vec![1, 2, 3]),
            &|sheet| sheet.inputs[1].multisig.as_mut().unwrap().m = Some(4),
            &|sheet| sheet.inputs[1].multisig.as_mut().unwrap().nodes.clear(),
            &|sheet| sheet.outputs[0].address = Some("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4".to_owned()),
            &|sheet| sheet.outputs[0].address_n = vec![1],
            &|sheet| sheet.outputs[0].address = None,
            &|sheet| sheet.head.set_coin_name("Signet".to_owned()),
            &|sheet| sheet.head.set_inputs_count(0),
        ];
        for (place, change) in cases.iter().enumerate() {
            assert_eq!(refused(change), Some(data), "case {place}");
        }
        let poor = refused(&|sheet| sheet.outputs[0].amount = Some(1_000_000_000));
        assert_eq!(poor, Some(Failure_NotEnoughFunds as i32));
    }
}

#[test]
fn what_comes_again_must_be_what_came_before() {
    let Some(sheet) = Sheet::read("sign-2of3-wsh-second-signer") else { return };
    for model in MODELS {
        let honest = sheet.honest(model).1.unwrap();
        let mut refused = 0;
        for lie in 0..20 {
            let (_, signed) = sheet.sign(model, &|at, answer| {
                if at == lie {
                    answer.inputs.iter_mut().for_each(|input| input.sequence = Some(0));
                    answer.outputs.iter_mut().for_each(|output| output.amount = Some(output.amount() - 1));
                    answer.bin_outputs.iter_mut().for_each(|output| output.amount = Some(output.amount() - 1));
                    answer.lock_time = answer.lock_time.map(|time| time + 1);
                }
            });
            match signed {
                Ok(signed) => assert_eq!(signed, honest, "a lie at {lie} was believed"),
                Err(_) => refused += 1,
            }
        }
        assert_eq!(refused, 20, "every piece is asked for twice, or proved by a hash");
    }
}

#[test]
fn unusual_fees_paths_and_lock_times_are_pages_of_their_own() {
    let Some(mut sheet) = Sheet::read("sign-tr") else { return };
    sheet.outputs[1].amount = Some(1000);
    sheet.outputs[0].amount = Some(1000);
    sheet.head.set_lock_time(700_000);
    let (shown, signed) = sheet.honest(TrezorModel::T);
    signed.unwrap();
    let titles: Vec<_> = shown.iter().map(|page| page.title.as_str()).collect();
    assert_eq!(
        titles,
        ["Recipient #1", "Amount #1", "Confirm Locktime", "Summary"],
        "0.00288 is no high fee on Testnet"
    );
    sheet.outputs[0].script_type = Some(protos::OutputScriptType::PAYTOOPRETURN.into());
    sheet.outputs[0].address = None;
    sheet.outputs[0].amount = Some(0);
    sheet.outputs[0].op_return_data = Some(vec![0xab; 4]);
    let (shown, signed) = sheet.honest(TrezorModel::T);
    signed.unwrap();
    assert_eq!(shown[0].text, "OP_RETURN 0xabababab");
}

#[test]
fn pins_passphrases_and_an_empty_device_are_asked_and_told_as_by_a_real_one() {
    let code = |said: &[Frame]| read::<protos::Failure>(&said[0]).code() as i32;
    let mut ask = protos::GetPublicKey::new();
    ask.address_n = vec![84 | 1 << 31, 1 << 31, 1 << 31];
    let ask = frame(MessageType::MessageType_GetPublicKey, &ask);
    let mut one = device(TrezorModel::One, "pin-", &Value::Null);
    assert_eq!(send(&mut one, &ask)[0].kind, 18);
    let mut pin = protos::PinMatrixAck::new();
    pin.set_pin("4321".to_owned());
    assert_eq!(code(&send(&mut one, &frame(MessageType::MessageType_PinMatrixAck, &pin))), 7);
    assert_eq!(send(&mut one, &ask)[0].kind, 18, "still locked");
    pin.set_pin("1234".to_owned());
    assert_eq!(send(&mut one, &frame(MessageType::MessageType_PinMatrixAck, &pin))[0].kind, 12);
    assert_eq!(send(&mut one, &ask)[0].kind, 12);
    send(&mut one, &Frame { kind: 24, body: Vec::new() });
    assert_eq!(send(&mut one, &ask)[0].kind, 18, "locked again");
    for model in MODELS {
        let mut empty = device(model, "features-uninitialized", &Value::Null);
        assert_eq!(code(&send(&mut empty, &ask)), 11);
        let mut trezor = device(model, "", &Value::Null);
        for stray in [19, 22, 27, 42, 60, 466, 468, 9999] {
            assert_eq!(code(&send(&mut trezor, &Frame { kind: stray, body: Vec::new() })), 1, "type {stray}");
        }
        assert_eq!(code(&send(&mut trezor, &Frame { kind: 29, body: vec![0xff] })), 3);
        let mut hidden = device(model, "passphrase-", &Value::Null);
        assert_eq!(send(&mut hidden, &ask)[0].kind, 41);
        let mut entered = protos::PassphraseAck::new();
        entered.set_on_device(true);
        let answer = send(&mut hidden, &frame(MessageType::MessageType_PassphraseAck, &entered));
        assert_eq!(answer[0].kind, if model == TrezorModel::One { 3 } else { 12 });
    }
}

#[test]
fn messages_are_signed_with_a_header_that_says_the_kind_of_address() {
    let mut trezor = device(TrezorModel::T, "", &Value::Null);
    let mut ask = protos::SignMessage::new();
    ask.address_n = vec![84 | 1 << 31, 1 | 1 << 31, 1 << 31, 0, 0];
    ask.set_coin_name("Testnet".to_owned());
    ask.set_script_type(protos::InputScriptType::SPENDWITNESS);
    ask.set_message(b"Treasury handover".to_vec());
    let mut said = send(&mut trezor, &frame(MessageType::MessageType_SignMessage, &ask));
    while said[0].kind == 26 {
        send(&mut trezor, &Frame { kind: 27, body: Vec::new() });
        said = whole(&trezor.press(Press::Yes));
    }
    let signed = read::<protos::MessageSignature>(&said[0]);
    assert!((39..=42).contains(&signed.signature()[0]) && signed.address().starts_with("tb1q"));
}

proptest! {
    #[test]
    fn hostile_messages_are_refused_not_fatal(
        sent in proptest::collection::vec(
            (
                prop_oneof![0u16..100, Just(15u16), Just(22), Just(27), Just(29), Just(452), Just(464), Just(470)],
                proptest::collection::vec(any::<u8>(), 0..120),
            ),
            1..20,
        ),
        one: bool,
        yes: bool,
    ) {
        let model = if one { TrezorModel::One } else { TrezorModel::T };
        let mut trezor = device(model, "", &Value::Null);
        for (kind, body) in sent {
            send(&mut trezor, &Frame { kind, body });
            trezor.press(if yes { Press::Yes } else { Press::No });
        }
    }
}

/// A question for typed data, with somebody who presses yes until the device asks for something.
fn asked_for_types() -> (Trezor, Vec<Frame>) {
    let mut trezor = device(TrezorModel::T, "", &Value::Null);
    let mut ask = protos::EthereumSignTypedData::new();
    ask.address_n = vec![44 | 1 << 31, 60 | 1 << 31, 1 << 31, 0, 0];
    ask.set_primary_type("A".to_owned());
    let said = send(&mut trezor, &frame(MessageType::MessageType_EthereumSignTypedData, &ask));
    let said = yes(&mut trezor, said);
    (trezor, said)
}

fn yes(trezor: &mut Trezor, mut said: Vec<Frame>) -> Vec<Frame> {
    while said.last().is_some_and(|frame| frame.kind == 26) {
        send(trezor, &Frame { kind: 27, body: Vec::new() });
        said = whole(&trezor.press(Press::Yes));
    }
    said
}

#[test]
fn values_that_are_not_of_their_type_are_refused() {
    use protos::ethereum_typed_data_struct_ack::{EthereumDataType as Data, EthereumFieldType, EthereumStructMember};
    let field = |data, size| EthereumFieldType { data_type: Some(data), size, ..Default::default() };
    for (kind, fits, odd) in [
        (field(Data::UINT.into(), Some(2)), vec![1, 2], vec![1]),
        (field(Data::BOOL.into(), None), vec![1], vec![2]),
        (field(Data::ADDRESS.into(), None), vec![7; 20], vec![7; 19]),
        (field(Data::BYTES.into(), Some(4)), vec![7; 4], vec![7; 5]),
        (field(Data::STRING.into(), None), vec![b'a'], vec![0xff]),
    ] {
        for (value, signs) in [(fits, true), (odd, false)] {
            let (mut trezor, mut said) = asked_for_types();
            // The domain is empty, the message has one member.
            let empty = protos::EthereumTypedDataStructAck::new();
            assert_eq!(said[0].kind, 465);
            said = send(&mut trezor, &frame(MessageType::MessageType_EthereumTypedDataStructAck, &empty));
            said = yes(&mut trezor, said);
            assert_eq!(said[0].kind, 465);
            let mut member = EthereumStructMember { type_: Some(kind.clone()).into(), ..Default::default() };
            member.set_name("m".to_owned());
            let one = protos::EthereumTypedDataStructAck { members: vec![member], ..Default::default() };
            said = send(&mut trezor, &frame(MessageType::MessageType_EthereumTypedDataStructAck, &one));
            said = yes(&mut trezor, said);
            assert_eq!(said[0].kind, 467);
            let mut told = protos::EthereumTypedDataValueAck::new();
            told.set_value(value);
            said = send(&mut trezor, &frame(MessageType::MessageType_EthereumTypedDataValueAck, &told));
            assert_eq!(yes(&mut trezor, said)[0].kind, if signs { 469 } else { 3 });
        }
    }
}

proptest! {
    #[test]
    fn hostile_pieces_of_typed_data_are_refused_not_fatal(
        pieces in proptest::collection::vec((any::<bool>(), proptest::collection::vec(any::<u8>(), 0..60)), 1..12),
    ) {
        let (mut trezor, _) = asked_for_types();
        for (kind, body) in pieces {
            let said = send(&mut trezor, &Frame { kind: if kind { 466 } else { 468 }, body });
            yes(&mut trezor, said);
        }
    }
}
