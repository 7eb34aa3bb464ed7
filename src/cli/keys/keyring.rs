//! A key in the system's keyring, by the program that the system has for it.
//!
//! - Linux and the BSDs: `secret-tool lookup service exchequer venue VENUE field FIELD`, of libsecret. macOS:
//!   `security find-generic-password -s exchequer -a VENUE/FIELD -w`. FIELD is `key`, `secret` or `passphrase`.
//! - Where the program is not there, or the keyring has nothing or cannot be asked, there is no key: who wants to know why
//!   runs the program.
//! - A locked keyring may ask for its password; a program that does not end is ended after [`PATIENCE`].

use super::Parts;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How long the program may take: somebody may have to type a password.
const PATIENCE: Duration = Duration::from_secs(60);

/// More than a key takes.
const LARGEST: u64 = 16 << 10;

/// A program that looks keys up.
#[derive(Clone, Copy, Debug)]
pub struct Keyring {
    program: &'static str,
    arguments: fn(&str, &str) -> Vec<String>,
    patience: Duration,
}

/// The keyring did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the keyring was asked by {program}, which did not end within {} s", .patience.as_secs())]
pub struct Stuck {
    program: &'static str,
    patience: Duration,
}

/// The one of this system.
#[cfg(target_os = "macos")]
pub const SYSTEM: Keyring = Keyring {
    program: "security",
    arguments: |venue, field| {
        let account = format!("{venue}/{field}");
        ["find-generic-password", "-s", "exchequer", "-a", &account, "-w"].map(str::to_owned).to_vec()
    },
    patience: PATIENCE,
};

/// The one of this system.
#[cfg(not(target_os = "macos"))]
pub const SYSTEM: Keyring = Keyring {
    program: "secret-tool",
    arguments: |venue, field| {
        ["lookup", "service", "exchequer", "venue", venue, "field", field].map(str::to_owned).to_vec()
    },
    patience: PATIENCE,
};

impl Keyring {
    /// The program's name.
    pub const fn program(&self) -> &'static str {
        self.program
    }

    /// Looks a venue's key up; `None` when there is none.
    pub fn read(&self, venue: &str) -> Result<Option<Parts>, Stuck> {
        let Some(key) = self.lookup(venue, "key")? else { return Ok(None) };
        let secret = self.lookup(venue, "secret")?;
        Ok(Some(Parts { key: Some(key), secret, passphrase: self.lookup(venue, "passphrase")? }))
    }

    /// Looks up one text of a key.
    pub fn lookup(&self, venue: &str, field: &str) -> Result<Option<Zeroizing<String>>, Stuck> {
        let mut command = Command::new(self.program);
        command.args((self.arguments)(venue, field));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        // It is not there, or may not be started: there is no keyring.
        let Ok(mut child) = command.spawn() else { return Ok(None) };
        if !self.ended(&mut child)? {
            return Ok(None);
        }
        let mut text = Zeroizing::new(String::with_capacity(LARGEST as usize + 1));
        let Some(stdout) = child.stdout.take() else { return Ok(None) };
        if stdout.take(LARGEST).read_to_string(&mut text).is_err() {
            return Ok(None);
        }
        let found = Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned());
        Ok((!found.is_empty()).then_some(found))
    }

    /// Waits for the end of the program; whether it found something. What it prints fits a pipe.
    fn ended(&self, child: &mut Child) -> Result<bool, Stuck> {
        let begun = Instant::now();
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status.success()),
                Err(_) => return Ok(false),
                Ok(None) if begun.elapsed() > self.patience => {
                    let _ = child.kill().and_then(|()| child.wait());
                    return Err(Stuck { program: self.program, patience: self.patience });
                }
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn keyring(program: &'static str, arguments: fn(&str, &str) -> Vec<String>) -> Keyring {
        Keyring { program, arguments, patience: Duration::from_millis(200) }
    }

    #[test]
    fn what_the_program_prints_is_the_key() {
        let echo = keyring("echo", |venue, field| vec![format!("{venue}-{field}")]);
        let parts = echo.read("kraken").unwrap().unwrap();
        assert_eq!(parts.key.unwrap().as_str(), "kraken-key");
        assert_eq!(parts.secret.unwrap().as_str(), "kraken-secret");
        for none in
            [keyring("no-such-keyring", |_, _| vec![]), keyring("false", |_, _| vec![]), keyring("true", |_, _| vec![])]
        {
            assert!(none.read("kraken").unwrap().is_none(), "{none:?}");
        }
        let stuck = keyring("sleep", |_, _| vec!["30".into()]);
        assert!(stuck.read("kraken").is_err());
    }
}
