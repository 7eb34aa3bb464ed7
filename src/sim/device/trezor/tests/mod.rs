//! The host's messages of recordings, fed to the simulated devices: they say what the real ones said.

mod rules;

use super::*;
use crate::sim::device::tests::recordings;
use protobuf::MessageFull;
use serde_json::Value;

/// The seed of the recordings.
const RECORDED: &str = "all all all all all all all all all all all all";

/// A recorded message: whether the host sent it.
struct Recorded {
    host: bool,
    frame: Frame,
}

fn messages(text: &str) -> Vec<Recorded> {
    use bitcoin::hex::FromHex;
    let lines = text.lines().filter(|line| line.starts_with("=>") || line.starts_with("<="));
    let message = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let body = words.get(3).filter(|body| **body != "-").map(|body| Vec::from_hex(body).unwrap());
        Recorded {
            host: words[0] == "=>",
            frame: Frame { kind: words[1].parse().unwrap(), body: body.unwrap_or_default() },
        }
    };
    lines.map(message).collect()
}

fn whole(packets: &[Vec<u8>]) -> Vec<Frame> {
    let mut assembly = Assembly::default();
    let came = packets.iter().filter_map(|packet| match assembly.take(packet) {
        Came::Whole(frame) => Some(frame),
        _ => None,
    });
    came.collect()
}

fn send(trezor: &mut Trezor, frame: &Frame) -> Vec<Frame> {
    let packets: Vec<_> = frame.reports().iter().flat_map(|report| trezor.feed(report)).collect();
    whole(&packets)
}

fn read<M: MessageFull>(frame: &Frame) -> M {
    M::parse_from_bytes(&frame.body).unwrap()
}

/// What a message means, without what is a device's own.
fn meaning(frame: &Frame) -> String {
    fn text<M: MessageFull>(message: &M) -> String {
        protobuf::text_format::print_to_string_pretty(message)
    }
    let body = match frame.kind {
        3 => format!("{:?}", read::<protos::Failure>(frame).code()),
        12 => text(&read::<protos::PublicKey>(frame)),
        17 => {
            let mut features = read::<protos::Features>(frame);
            assert!(features.session_id.take().is_none_or(|id| id.len() == 32));
            features.device_id = None;
            features.revision = None;
            features.bootloader_hash = None;
            features.imported = None;
            text(&features)
        }
        18 => text(&read::<protos::PinMatrixRequest>(frame)),
        21 => text(&read::<protos::TxRequest>(frame)),
        26 => text(&read::<protos::ButtonRequest>(frame)),
        30 => text(&read::<protos::Address>(frame)),
        40 => text(&read::<protos::MessageSignature>(frame)),
        41 => text(&read::<protos::PassphraseRequest>(frame)),
        59 => text(&read::<protos::EthereumTxRequest>(frame)),
        465 => text(&read::<protos::EthereumTypedDataStructRequest>(frame)),
        467 => text(&read::<protos::EthereumTypedDataValueRequest>(frame)),
        469 => text(&read::<protos::EthereumTypedDataSignature>(frame)),
        57 => text(&read::<protos::EthereumAddress>(frame)),
        66 => text(&read::<protos::EthereumMessageSignature>(frame)),
        other => panic!("type {other}"),
    };
    format!("{} {body}", frame.kind)
}

fn device(model: TrezorModel, name: &str, told: &Value) -> Trezor {
    let mut settings = TrezorSettings {
        model,
        words: (name != "features-uninitialized").then(|| RECORDED.to_owned()),
        label: "Treasury".to_owned(),
        pin: name.starts_with("pin-").then(|| "1234".to_owned()),
        passphrase: name.starts_with("passphrase-"),
        ..TrezorSettings::default()
    };
    if let Some(positions) = told["pin_positions_sent"].as_str() {
        settings.keypad = [0; 9];
        for (position, digit) in positions.bytes().zip(1..) {
            settings.keypad[usize::from(position - b'1')] = digit;
        }
    }
    let mut trezor = Trezor::new(settings).unwrap();
    trezor.locked &= name != "pin-unlocked-again";
    trezor
}

#[test]
fn every_recorded_message_is_answered_as_by_the_real_ones() {
    let mut seen = 0;
    for (model, folder) in [(TrezorModel::One, "trezor/T1B1"), (TrezorModel::T, "trezor/T2T1")] {
        let told = recordings(folder, "", "json");
        for ((name, wire), (_, told)) in recordings(folder, "", "wire").into_iter().zip(told) {
            // Nobody can have each field shown here.
            if name.ends_with("fields-shown") {
                continue;
            }
            let told: Value = serde_json::from_str(&told).unwrap();
            let mut trezor = device(model, &name, &told);
            let (mut said, mut shown) = (VecDeque::new(), Vec::new());
            let recorded = messages(&wire);
            for (place, message) in recorded.iter().enumerate() {
                let at = format!("{folder}/{name}, message {}", place + 1);
                if !message.host {
                    if said.is_empty() {
                        let refuses =
                            message.frame.kind == 3 || (name.ends_with("rejected") && model == TrezorModel::One);
                        shown.push(trezor.screen());
                        said.extend(whole(&trezor.press(if refuses { Press::No } else { Press::Yes })));
                    }
                    let ours = said.pop_front().unwrap_or_else(|| panic!("{at}: nothing is said"));
                    assert_eq!(meaning(&ours), meaning(&message.frame), "{at}");
                } else {
                    assert!(said.is_empty(), "{at}: more is said than recorded");
                    said.extend(send(&mut trezor, &message.frame));
                }
            }
            assert!(said.is_empty(), "{name}: more is said than recorded");
            if let Some(screens) = told["screens"].as_array() {
                pages(&name, screens, &shown);
            }
            seen += 1;
        }
    }
    assert!(seen >= 10, "{seen} recordings");
    println!("{seen} recordings");
}

/// The pages that were decided are the recorded ones, but for line ends.
fn pages(name: &str, recorded: &[Value], shown: &[Screen]) {
    let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '.').collect::<String>();
    let (mut told, mut cut): (Vec<(u64, String, String)>, Option<usize>) = (Vec::new(), None);
    for screen in recorded {
        let text = |key: &str| plain(screen[key].as_str().unwrap());
        if text("text").starts_with("Addressmismatch") || text("text") == "PinKeyboard" {
            continue;
        }
        let button = screen["button"].as_u64().unwrap();
        match told.last_mut() {
            Some((last, _, all)) if *last == button => all.push_str(&text("text")),
            _ => told.push((button, text("title"), text("text"))),
        }
        if screen["text"].as_str().unwrap().ends_with("...") {
            cut = Some(told.len() - 1);
        }
    }
    let told: Vec<_> = told.into_iter().map(|(_, title, text)| (title, text)).collect();
    let shown = shown.iter().filter(|screen| screen.buttons != Buttons::Pin);
    let mut shown: Vec<_> = shown.map(|screen| (plain(&screen.title), plain(&screen.text))).collect();
    // A list of names that was too long for the screen.
    if let Some((at, begins)) = cut.and_then(|at| Some((at, told.get(at)?))).filter(|(_, it)| it.0 == "Confirmmessage")
    {
        shown[at].1.truncate(begins.1.len());
    }
    assert_eq!(shown, told, "{name}");
}
