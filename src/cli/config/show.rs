//! `exchequer config`: what is configured, and where.

use super::Setting;
use crate::cli::output::{Cell, Column, Output};
use crate::cli::paths::Paths;
use crate::cli::{Failure, Start};
use crate::market::printable;
use std::path::Path;

/// Arguments of `exchequer config`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Prints every setting
    Show {
        /// And where each value came from
        #[arg(long)]
        origin: bool,
    },
    /// Prints where the configuration file is, or would be
    Path,
}

/// Shows what is configured; the path is shown even when the file is broken, because that is when it is needed.
pub fn run(args: &Args, start: &Start) -> Result<(), Failure> {
    match args.action {
        Action::Show { origin } => show(&start.config.as_ref().map_err(Clone::clone)?.settings, origin, start.output),
        Action::Path => path(&start.paths, start.output),
    }
}

fn show(settings: &[Setting], origin: bool, output: Output) -> Result<(), Failure> {
    if output.json {
        return output.json(&serde_json::json!({ "settings": settings.iter().map(entry).collect::<Vec<_>>() }));
    }
    let mut columns = vec![Column::Left("setting"), Column::Left("value")];
    if origin {
        columns.push(Column::Left("origin"));
    }
    output.table(&columns, &settings.iter().map(row).collect::<Vec<_>>())
}

fn path(paths: &Paths, output: Output) -> Result<(), Failure> {
    let shown = |path: &Path| printable(&path.to_string_lossy()).to_string();
    if !output.json {
        return output.text(&shown(&paths.config));
    }
    output.json(&serde_json::json!({
        "config": shown(&paths.config),
        "exists": paths.config.exists(),
        "journal": shown(&paths.journal),
        "cache": shown(&paths.cache),
        "state": shown(&paths.state),
    }))
}

fn row(setting: &Setting) -> Vec<Cell> {
    let value = match setting.value() {
        serde_json::Value::Null => "unset".to_owned(),
        value => value.to_string(),
    };
    vec![setting.key.name.into(), value.into(), setting.origin.to_string().into()]
}

fn entry(setting: &Setting) -> serde_json::Value {
    serde_json::json!({ "key": setting.key.name, "value": setting.value(), "origin": setting.origin })
}
