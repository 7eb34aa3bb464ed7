//! The person beside a device, as far as it asks for something that is typed at the host.

use zeroize::Zeroizing;

/// What was typed for a passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passphrase {
    /// It was typed here. Empty is the wallet without one.
    Typed(Zeroizing<String>),
    /// It will be typed on the device.
    OnDevice,
}

/// Whoever answers what a device asks of the host. None is an answer too: the question is cancelled on the device.
pub trait Attendant: Send {
    /// The PIN of a device that shows a shuffled keypad: the places of the digits, `7 8 9` at the top, as digits 1 to 9.
    fn pin(&mut self) -> Option<Zeroizing<String>>;

    /// The passphrase.
    fn passphrase(&mut self) -> Option<Passphrase>;

    /// The device shows something now, and waits for its buttons.
    fn look(&mut self);
}

/// Nobody is there: whatever a device asks for is not given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unattended;

impl Attendant for Unattended {
    fn pin(&mut self) -> Option<Zeroizing<String>> {
        None
    }

    fn passphrase(&mut self) -> Option<Passphrase> {
        None
    }

    fn look(&mut self) {}
}
