//! `exchequer device list` and `info`: what is plugged in, and what each device is.

use super::{At, ask};
use crate::cli::output::Column;
use crate::cli::{Context, Failure};
use crate::device::{self, About};
use serde_json::{Value, json};

/// Lists what is plugged in; nothing is opened, so nothing is asked.
pub fn run(context: &Context) -> Result<(), Failure> {
    let found = device::list()?;
    if context.output.json {
        let devices: Vec<Value> = found
            .iter()
            .map(|one| json!({ "device": one.place.to_string(), "model": one.model.map(device::Model::name), "trouble": one.trouble }))
            .collect();
        return context.output.json(&json!({ "devices": devices }));
    }
    if found.is_empty() {
        context.output.note("no device is plugged in, or this user may not see it: exchequer doctor tells which");
    }
    let rows: Vec<_> = found
        .iter()
        .map(|one| {
            let model = one.model.map_or("unknown", device::Model::name);
            vec![one.place.to_string().into(), model.into(), one.trouble.as_deref().unwrap_or("ready").into()]
        })
        .collect();
    context.output.table(&[Column::Left("device"), Column::Left("model"), Column::Left("state")], &rows)
}

/// The rules that come with the program.
const RULES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/udev/70-exchequer.rules"));

/// Prints the rules for udev.
pub fn rules(context: &Context) -> Result<(), Failure> {
    context.output.text(RULES.trim_end())
}

/// Says what a device is.
pub fn info(at: &At, context: &Context) -> Result<(), Failure> {
    let mut asked = ask::open(at, context)?;
    let about = asked.device.about()?;
    if context.output.json {
        return context.output.json(&value(&about));
    }
    let or = |known: Option<String>| known.unwrap_or_else(|| "–".to_owned());
    let yes = |known: Option<bool>| or(known.map(|yes| if yes { "yes" } else { "no" }.to_owned()));
    let rows = [
        ("model", about.model.name().to_owned()),
        ("firmware", or(about.firmware.map(|version| version.to_string()))),
        ("app", or(about.app.as_ref().map(|app| format!("{} {}", app.name, app.version)))),
        ("label", or(about.label.clone())),
        ("has a seed", yes(about.initialised)),
        ("locked", yes(about.locked)),
        ("asks for a passphrase", yes(about.passphrase)),
        ("blind signing", yes(about.blind_signing)),
    ];
    let lines: Vec<String> = rows.iter().map(|(name, value)| format!("{name:<22} {value}")).collect();
    context.output.text(&lines.join("\n"))
}

fn value(about: &About) -> Value {
    json!({
        "model": about.model.name(),
        "firmware": about.firmware.map(|version| version.to_string()),
        "app": about.app.as_ref().map(|app| json!({ "name": app.name, "version": app.version.to_string() })),
        "label": about.label,
        "initialised": about.initialised,
        "locked": about.locked,
        "passphrase": about.passphrase,
        "blind_signing": about.blind_signing,
    })
}
