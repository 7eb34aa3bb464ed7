//! Every cell of the table that is a Ledger's: what it says no to, it says before anybody touches the device.

use crate::device::capabilities::{Cell, Setting, Task, app_for, cell, check};
use crate::device::{About, App, DeviceError, Model, Version};

fn about(model: Model, app: &str, version: Version, blind: bool) -> About {
    About {
        model,
        firmware: None,
        app: Some(App { name: app.to_owned(), version }),
        label: None,
        initialised: None,
        locked: Some(false),
        passphrase: None,
        blind_signing: Some(blind),
    }
}

#[test]
fn each_cell_says_yes_or_why_not() {
    let ledgers = Model::ALL.into_iter().filter(|model| model.is_ledger());
    for (model, task) in ledgers.flat_map(|model| Task::ALL.map(|task| (model, task))) {
        for test in [false, true] {
            let app = app_for(task, test);
            let told = |app: &str, version, blind| check(&about(model, app, version, blind), task, test);
            let (needed, setting) = match cell(model, task) {
                Cell::Since(version) => (version, None),
                Cell::With(version, setting) => (version, Some(setting)),
                Cell::Never => {
                    let error = DeviceError::Unsupported { model, what: task.name().to_owned() };
                    assert_eq!(told(app, Version(99, 0, 0), true), Err(error), "{model} {task:?}");
                    continue;
                }
            };
            assert_eq!(told(app, needed, true), Ok(()), "{model} {task:?}");
            let Version(major, minor, patch) = needed;
            let before = match (minor, patch) {
                (0, 0) => Version(major - 1, 99, 99),
                (_, 0) => Version(major, minor - 1, 99),
                _ => Version(major, minor, patch - 1),
            };
            let error = told(app, before, true).unwrap_err();
            assert!(matches!(error, DeviceError::TooOld { found, .. } if found == before), "{model} {task:?}");
            for other in ["Bitcoin", "Bitcoin Test", "Ethereum", "Solana"].into_iter().filter(|other| *other != app) {
                let error = DeviceError::WrongApp { needed: app.to_owned(), found: other.to_owned() };
                assert_eq!(told(other, needed, true), Err(error), "{model} {task:?}");
            }
            match setting {
                Some(Setting::BlindSigning) => {
                    let error = told(app, needed, false).unwrap_err();
                    assert!(matches!(error, DeviceError::Setting { .. }), "{model} {task:?}");
                    assert!(error.next().unwrap().contains("Blind signing"));
                }
                // What the app does not tell is told by its refusal.
                Some(Setting::RawMessages) | None => assert_eq!(told(app, needed, false), Ok(())),
            }
        }
    }
}
