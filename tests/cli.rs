//! The built program, as a shell meets it: exit codes, streams, configuration and its origins.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A home of its own for each test.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    /// With a configuration file.
    fn configured(self, text: &str) -> Self {
        let file = self.path(".config/exchequer/config.toml");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exchequer"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.0.path())
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8");
        command.stdin(Stdio::null()).current_dir(self.0.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn setting(&self, key: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Value {
        let arguments = [&["config", "show", "--json"], arguments].concat();
        let output = self.command(&arguments).envs(variables.iter().copied()).output().unwrap();
        let shown: Value = serde_json::from_str(&quiet(&output)).unwrap();
        shown["settings"].as_array().unwrap().iter().find(|setting| setting["key"] == key).unwrap().clone()
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What a command that succeeded printed; it must not have said anything on stderr.
fn quiet(output: &Output) -> String {
    assert_eq!((output.status.code(), stderr(output).as_str()), (Some(0), ""), "{}", stdout(output));
    stdout(output)
}

/// The envelope of a command that failed with `exit`; it must not have printed anything on stdout.
fn envelope(output: &Output, exit: i32) -> Value {
    assert_eq!((output.status.code(), stdout(output).as_str()), (Some(exit), ""));
    let line: Value = serde_json::from_str(&stderr(output)).unwrap();
    assert_eq!(line["error"]["exit"], exit);
    line["error"].clone()
}

#[test]
fn every_plain_command_succeeds_quietly() {
    let home = Home::new();
    for arguments in [
        &["--help"] as &[&str],
        &["-h"],
        &["--version"],
        &["venues"],
        &["doctor"],
        &["config", "path"],
        &["config", "show"],
        &["config", "show", "--origin"],
        &["man"],
        &["man", "venues"],
        &["venues", "--json"],
        &["--json", "doctor"],
    ] {
        assert!(!quiet(&home.run(arguments)).is_empty(), "{arguments:?}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(quiet(&home.run(&["completions", shell])).contains("exchequer"), "{shell}");
    }
}

#[test]
fn the_manual_and_the_help_name_exit_codes_and_variables() {
    let home = Home::new();
    let manual = quiet(&home.run(&["man"]));
    assert!(manual.contains(".TH exchequer") && manual.contains("EXCHEQUER_THEME"));
    let help = quiet(&home.run(&["--help"]));
    let order =
        ["Usage:", "Examples:", "Commands:", "Environment:", "Exit codes:"].map(|part| help.find(part).unwrap());
    assert!(order.is_sorted(), "{help}");
    assert_eq!(help.matches("Usage:").count(), 1);
}

#[test]
fn a_wrong_command_line_is_exit_2_on_stderr() {
    let home = Home::new();
    for arguments in
        [&["nonsense/"] as &[&str], &["venues", "--nonsense"], &["completions", "cmd"], &["man", "nothing"]]
    {
        let output = home.run(arguments);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{arguments:?}");
        assert!(stderr(&output).starts_with("error:"), "{}", stderr(&output));
    }
    let error = envelope(&home.run(&["venues", "--json", "--nonsense"]), 2);
    assert_eq!((&error["key"], &error["retryable"]), (&"usage".into(), &false.into()));
    assert!(error["message"].as_str().unwrap().contains("--nonsense"), "{error}");
}

#[test]
fn a_bad_file_is_refused_by_line_and_key() {
    let home = Home::new().configured("venue = \"kraken\"\n\n[console]\ntheem = \"dark\"\n");
    let output = home.run(&["venues"]);
    let said = stderr(&output);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
    for part in ["config.toml, line 4", "console.theem", "did you mean console.theme?"] {
        assert!(said.contains(part), "{said}");
    }
    let error = envelope(&home.run(&["config", "show", "--json"]), 2);
    assert_eq!(error["key"], "config_invalid");
    assert_eq!(error["hint"], "did you mean console.theme?");
}

#[test]
fn what_helps_to_mend_a_bad_file_works_with_it() {
    let home = Home::new().configured("venue = 3\n");
    assert!(quiet(&home.run(&["config", "path"])).ends_with(".config/exchequer/config.toml\n"));
    quiet(&home.run(&["completions", "bash"]));
    let output = home.run(&["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let checks: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let check = checks["checks"].as_array().unwrap().iter().find(|check| check["name"] == "configuration").unwrap();
    assert_eq!(check["verdict"], "fail");
    assert!(check["detail"].as_str().unwrap().contains("line 1"), "{check}");
}

#[test]
fn a_flag_beats_the_environment_beats_the_file_beats_the_default() {
    let home = Home::new();
    let default = home.setting("log.level", &[], &[]);
    assert_eq!((&default["value"], &default["origin"]["kind"]), (&"info".into(), &"default".into()));
    let home = home.configured("\n[log]\nlevel = \"warn\"\n");
    let file = home.setting("log.level", &[], &[]);
    assert_eq!(
        (&file["value"], &file["origin"]["kind"], &file["origin"]["line"]),
        (&"warn".into(), &"file".into(), &3.into())
    );
    let variable = [("EXCHEQUER_LOG", "error")];
    let environment = home.setting("log.level", &variable, &[]);
    assert_eq!((&environment["value"], &environment["origin"]["name"]), (&"error".into(), &"EXCHEQUER_LOG".into()));
    let flag = home.setting("log.level", &variable, &["-vv"]);
    assert_eq!((&flag["value"], &flag["origin"]["name"]), (&"trace".into(), &"-v".into()));
}

#[test]
fn the_file_and_the_folders_can_be_named() {
    let home = Home::new();
    let file = home.path("mine.toml");
    fs::write(&file, "[console]\nfps = 5\n").unwrap();
    let named = ["--config", file.to_str().unwrap()];
    assert_eq!(home.setting("console.fps", &[], &named)["value"], 5);
    assert_eq!(home.setting("console.fps", &[("EXCHEQUER_CONFIG", file.to_str().unwrap())], &[])["value"], 5);
    let error = envelope(&home.run(&["venues", "--json", "--config", "/nowhere.toml"]), 2);
    assert!(error["message"].as_str().unwrap().contains("/nowhere.toml"), "{error}");

    quiet(&home.run(&["venues", "--data-dir", "all"]));
    assert!(home.path("all/state/exchequer.log").exists());
}

#[test]
fn the_log_is_a_private_file_and_never_the_screen() {
    let home = Home::new();
    quiet(&home.run(&["venues", "-vv"]));
    let log = home.path(".local/state/exchequer/exchequer.log");
    assert_eq!(fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&log).unwrap().contains("started"));
}

#[test]
fn looking_leaves_no_trace() {
    let home = Home::new();
    for arguments in
        [&["doctor"] as &[&str], &["config", "show"], &["config", "path"], &["man"], &["completions", "zsh"]]
    {
        quiet(&home.run(arguments));
    }
    assert_eq!(fs::read_dir(home.0.path()).unwrap().count(), 0);
}

#[test]
fn colour_is_only_where_it_is_wanted() {
    let home = Home::new();
    let colored = |output: &Output| stdout(output).contains('\x1b');
    assert!(!colored(&home.run(&["doctor"])), "a pipe is not a terminal");
    assert!(colored(&home.run(&["doctor", "--color", "always"])));
    assert!(!colored(&home.command(&["doctor"]).env("NO_COLOR", "1").output().unwrap()));
    assert!(!colored(&home.run(&["doctor", "--color", "never"])));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = Home::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = home.command(&["man"]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}
