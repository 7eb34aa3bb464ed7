//! The whole table of what devices can do: each model and each task. A cell that says yes is done, on the simulated device that
//! stands for the model; one that says no is refused before anybody is asked anything.
//!
//! What is not simulated stands in [`is_not_simulated`], cell by cell.

use super::bench::{Bench, LIMIT, key, sign, softkey, software};
use super::ethereum::{SAFE, data, market, text};
use super::{NETWORK, packet};
use bitcoin::bip32::DerivationPath;
use exchequer::device::capabilities::{Cell, Setting, Task, cell};
use exchequer::device::ethereum::{Mode, Signable};
use exchequer::device::ledger::Ledger;
use exchequer::device::link::report::{Report, Reports};
use exchequer::device::link::speculos::SpeculosLink;
use exchequer::device::link::udp::Udp;
use exchequer::device::trezor::Trezor;
use exchequer::device::trezor::wire::{Message, Reader};
use exchequer::device::{Device, DeviceError, Held, Model, Unattended, Watch};
use exchequer::sim::device::{self as simulated, LedgerApp, LedgerSettings, TrezorModel, Wire};
use exchequer::treasury::bitcoin::wallet::Wallet;
use std::collections::VecDeque;
use trezor_client::protos::Features;

/// Whether the simulated device does not do what the real one does: a Trezor's coins without segwit, for which the made-up
/// device in the crate's own tests signs, and a Ledger's keys in taproot's scripts.
fn is_not_simulated(model: Model, task: Task) -> bool {
    match task {
        Task::MultisigSh | Task::Pkh => !model.is_ledger(),
        Task::TaprootScript => model.is_ledger(),
        _ => false,
    }
}

/// A Trezor that says it is another model of the same firmware.
struct Renamed {
    link: Udp,
    name: &'static str,
    reader: Reader,
    said: VecDeque<Report>,
}

impl Reports for Renamed {
    fn put(&mut self, report: &Report) -> Result<(), DeviceError> {
        self.link.put(report)
    }

    fn take(&mut self, watch: &Watch) -> Result<Report, DeviceError> {
        while self.said.is_empty() {
            let report = self.link.take(watch)?;
            let Some(mut message) = self.reader.take(&report)? else { continue };
            if message.is::<Features>() {
                let mut features: Features = message.read()?;
                features.set_internal_model(self.name.to_owned());
                message = Message::pack(&features)?;
            }
            self.said.extend(message.reports()?);
        }
        Ok(self.said.pop_front().unwrap())
    }
}

/// The device that stands for a model, with whatever a task needs open and on. A model that is added has to be placed here.
fn stands_for(model: Model, task: Task, setting: Option<Setting>) -> Bench {
    let trezor = match model {
        Model::Ledger | Model::NanoS | Model::NanoX | Model::NanoSPlus | Model::Stax | Model::Flex | Model::ApexP => {
            let bitcoin = task.is_bitcoin();
            let settings = LedgerSettings {
                app: if bitcoin { LedgerApp::BitcoinTest } else { LedgerApp::Ethereum },
                version: if bitcoin { "2.4.6" } else { "1.22.0" }.to_owned(),
                blind_signing: setting == Some(Setting::BlindSigning),
                raw_messages: setting == Some(Setting::RawMessages),
                ..LedgerSettings::default()
            };
            return Bench::new(Box::new(simulated::Ledger::new(settings).unwrap()), Wire::Tcp);
        }
        Model::TrezorOne => TrezorModel::One,
        Model::TrezorT | Model::Safe3 | Model::Safe5 | Model::Safe7 => TrezorModel::T,
    };
    Bench::trezor(trezor)
}

fn open(bench: &Bench, model: Model) -> Box<dyn Device> {
    let (address, watch) = (bench.server.addr().to_string(), Watch::new(LIMIT));
    if bench.wire == Wire::Tcp {
        return Box::new(Ledger::new(Box::new(SpeculosLink::connect(&address, &watch).unwrap()), model, watch));
    }
    let name = match model {
        Model::TrezorOne => "T1B1",
        Model::Safe3 => "T3B1",
        Model::Safe5 => "T3T1",
        Model::Safe7 => "T3W1",
        _ => "T2T1",
    };
    let link = Udp::open(&address, &watch).unwrap();
    let renamed = Renamed { link, name, reader: Reader::default(), said: VecDeque::new() };
    Box::new(Trezor::open(Box::new(renamed), Box::new(Unattended), watch).unwrap())
}

/// Has a wallet of the device's key and software's register and sign: `@0` is the device's.
fn bitcoin(device: &mut dyn Device, model: Model, template: &str, path: &str) -> Result<(), DeviceError> {
    let own = match model {
        // It is asked for nothing, not even keys; any will do to be refused.
        Model::Safe7 => softkey(&software(9, NETWORK), path),
        _ => key(device, NETWORK, path),
    };
    let mut descriptor = template.replace("@0", &own);
    for friend in 1..4 {
        descriptor = descriptor.replace(&format!("@{friend}"), &softkey(&software(friend, NETWORK), path));
    }
    let wallet = Wallet::new("Own", NETWORK, &[&descriptor]).unwrap();
    let mut packet = packet(&wallet);
    if matches!(template.get(..3), Some("pkh" | "sh(")) && !template.contains("w") {
        packet.psbt.inputs.iter_mut().for_each(|input| input.witness_utxo = None);
    }
    let mut held = Held { wallet: &wallet, name: "Own", hmac: None };
    held.hmac = device.register(&held)?.map(|registered| registered.hmac);
    if model == Model::Safe7 {
        let (_, passed) = super::reviewed(&packet, &wallet, &super::Facts::default());
        return device.sign(&held, &passed.unwrap()).map(|_| ());
    }
    sign(device, &held, &packet).map(drop)
}

fn ethereum(device: &mut dyn Device, what: &Signable) -> Result<(), DeviceError> {
    let path = "m/44'/60'/0'/0/0".parse::<DerivationPath>().unwrap();
    let signed = device.eth_sign(&path, what)?;
    let account = device.eth_address(&path, true)?.address;
    signed.of(account, what).map(drop)
}

/// A task, done. One that is added has to be placed here.
fn done(device: &mut dyn Device, model: Model, task: Task) -> Result<(), DeviceError> {
    match task {
        Task::MultisigWsh => bitcoin(device, model, "wsh(sortedmulti(2,@0,@1,@2))", "48'/1'/0'/2'"),
        Task::MultisigShWsh => bitcoin(device, model, "sh(wsh(sortedmulti(2,@0,@1,@2)))", "48'/1'/0'/1'"),
        // A Ledger tells no key of the kind that a Trezor wants here.
        Task::MultisigSh => {
            let path = if model.is_ledger() { "48'/1'/0'/1'" } else { "48'/1'/0'/0'" };
            bitcoin(device, model, "sh(sortedmulti(2,@0,@1,@2))", path)
        }
        Task::Wpkh => bitcoin(device, model, "wpkh(@0)", "84'/1'/0'"),
        Task::ShWpkh => bitcoin(device, model, "sh(wpkh(@0))", "49'/1'/0'"),
        Task::Pkh => bitcoin(device, model, "pkh(@0)", "44'/1'/0'"),
        Task::TaprootKey => bitcoin(device, model, "tr(@0)", "86'/1'/0'"),
        Task::TaprootScript => bitcoin(device, model, "tr(@1,pk(@0))", "86'/1'/0'"),
        Task::Miniscript => {
            let template = "wsh(or_d(multi(2,@0,@1,@2),and_v(v:pkh(@3),older(144))))";
            bitcoin(device, model, template, "48'/1'/0'/2'")
        }
        Task::BitcoinMessage => {
            let signed = device.sign_message(NETWORK, &"m/84'/1'/0'/0/0".parse().unwrap(), "a text")?;
            signed.whose("a text").map(drop)
        }
        Task::Ethereum => ethereum(device, &text(22)).and_then(|()| ethereum(device, &market(vec![]))),
        Task::ContractCall => ethereum(device, &market(vec![7; 100])),
        Task::TypedDataFull => ethereum(device, &data(SAFE, Mode::Full)),
        Task::TypedDataHashes => ethereum(device, &data(SAFE, Mode::Hashes)),
    }
}

#[test]
fn every_cell_of_the_table_is_done_or_refused_beforehand() {
    let (mut works, mut refused, mut elsewhere) = (0, 0, 0);
    for (model, task) in Model::ALL.into_iter().flat_map(|model| Task::ALL.map(|task| (model, task))) {
        let setting = match cell(model, task) {
            Cell::With(_, setting) => Some(setting),
            Cell::Since(_) | Cell::Never => None,
        };
        let bench = stands_for(model, task, setting);
        let mut device = open(&bench, model);
        assert_eq!(device.about().unwrap().model, model);
        let what = done(&mut *device, model, task);
        match cell(model, task) {
            Cell::Never => {
                let unfit =
                    |error: &DeviceError| matches!(error, DeviceError::Unsupported { model: of, .. } if *of == model);
                assert!(what.as_ref().is_err_and(unfit), "{model} {task:?}: {what:?}");
                assert!(bench.shown().is_empty(), "{model} {task:?}: somebody was asked");
                refused += 1;
            }
            Cell::Since(_) | Cell::With(..) if is_not_simulated(model, task) => {
                assert!(matches!(what, Err(DeviceError::RefusedByDevice { .. })), "{model} {task:?}: {what:?}");
                elsewhere += 1;
            }
            Cell::Since(_) | Cell::With(..) => {
                assert_eq!(what, Ok(()), "{model} {task:?}");
                works += 1;
            }
        }
        if let Some(setting) = setting {
            let off = stands_for(model, task, None);
            assert_eq!(done(&mut *open(&off, model), model, task), Err(setting.off()), "{model} {task:?}");
            assert!(off.shown().is_empty(), "{model} {task:?}: somebody was asked");
        }
    }
    println!("{works} work, {refused} are refused beforehand, {elsewhere} are not simulated");
    assert_eq!(works + refused + elsewhere, Model::ALL.len() * Task::ALL.len());
}
