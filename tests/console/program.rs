//! The built program, started for one person on one terminal after another.

use crate::pty::Pty;
use portable_pty::CommandBuilder;
use std::fs;
use std::path::{Path, PathBuf};

/// The size that everything must be usable at.
pub const FULL: (u16, u16) = (80, 24);

/// A person's files and environment.
pub struct Home {
    files: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    /// With nothing in it, at a terminal that can do everything.
    pub fn new() -> Self {
        Self { files: tempfile::tempdir().unwrap(), variables: Vec::new() }
            .with("TERM", "xterm-256color")
            .with("COLORTERM", "truecolor")
            .with("LANG", "C.UTF-8")
            .with("PATH", "/usr/bin:/bin")
    }

    /// With this variable set.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a configuration file.
    pub fn configured(self, text: &str) -> Self {
        let file = self.file(".config/exchequer/config.toml");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        self
    }

    /// A file of this person's.
    pub fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// The command that runs `program` here.
    pub fn command(&self, program: &str, arguments: &[&str]) -> CommandBuilder {
        let mut command = CommandBuilder::new(program);
        command.env_clear();
        command.env("HOME", self.files.path());
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command.args(arguments);
        command.cwd(self.files.path());
        command
    }

    /// Starts Exchequer, which keeps its files below `data`.
    pub fn start(&self, arguments: &[&str], size: (u16, u16)) -> Pty {
        let arguments = [&["--data-dir", "data"], arguments].concat();
        Pty::start(self.command(EXCHEQUER, &arguments), size)
    }

    /// Starts the demo desk and waits until its market moves.
    pub fn demo(&self) -> Pty {
        let pty = self.start(&[], FULL);
        pty.wait("a live book", |screen| {
            let contents = screen.contents();
            contents.contains("DEMO") && contents.contains("spread") && contents.contains("live")
        });
        pty
    }
}

/// The program.
pub const EXCHEQUER: &str = env!("CARGO_BIN_EXE_exchequer");

/// A file that comes with the tests.
pub fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name).to_str().unwrap().to_owned()
}
