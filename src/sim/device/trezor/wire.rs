//! Protocol v1: messages in reports of 64 bytes.
//!
//! The first report of a message is `?##`, its type and its length; the others are `?` and what is left. There are no
//! sequence numbers. <https://docs.trezor.io/trezor-firmware/common/communication/>

/// The length of a report.
const REPORT: usize = 64;

/// The longest message that a host may send.
const MAX_MESSAGE: usize = 1 << 16;

/// A message: its type, and its protobuf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: u16,
    pub body: Vec<u8>,
}

/// A message in the middle of its reports.
#[derive(Default)]
pub struct Assembly {
    begun: Option<(Frame, usize)>,
}

/// What a report brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Came {
    /// Not yet a message, or nothing of the protocol's.
    Nothing,
    /// A message that is too long for this device: its type.
    TooLong,
    /// A message.
    Whole(Frame),
}

impl Assembly {
    /// Takes one report.
    pub fn take(&mut self, report: &[u8]) -> Came {
        let (mut frame, length, rest) = match report {
            _ if report.len() != REPORT => return Came::Nothing,
            [b'?', b'#', b'#', k1, k0, l3, l2, l1, l0, rest @ ..] => {
                let Ok(length) = usize::try_from(u32::from_be_bytes([*l3, *l2, *l1, *l0])) else {
                    return Came::TooLong;
                };
                if length > MAX_MESSAGE {
                    self.begun = None;
                    return Came::TooLong;
                }
                (Frame { kind: u16::from_be_bytes([*k1, *k0]), body: Vec::new() }, length, rest)
            }
            [b'?', rest @ ..] => match self.begun.take() {
                Some((frame, length)) => (frame, length, rest),
                None => return Came::Nothing,
            },
            _ => return Came::Nothing,
        };
        let missing = length.saturating_sub(frame.body.len());
        frame.body.extend(rest.iter().take(missing));
        if frame.body.len() < length {
            self.begun = Some((frame, length));
            return Came::Nothing;
        }
        self.begun = None;
        Came::Whole(frame)
    }
}

impl Frame {
    /// The reports that carry it.
    pub fn reports(&self) -> Vec<Vec<u8>> {
        let length = u32::try_from(self.body.len()).unwrap_or(u32::MAX);
        let mut all = b"##".to_vec();
        all.extend(self.kind.to_be_bytes());
        all.extend(length.to_be_bytes());
        all.extend(&self.body);
        let report = |piece: &[u8]| {
            let mut report = vec![b'?'];
            report.extend(piece);
            report.resize(REPORT, 0);
            report
        };
        all.chunks(REPORT - 1).map(report).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_cut_into_reports_comes_together_again(kind: u16, body in proptest::collection::vec(any::<u8>(), 0..500)) {
            let frame = Frame { kind, body };
            let mut assembly = Assembly::default();
            let reports = frame.reports();
            let mut came: Vec<_> = reports.iter().map(|report| assembly.take(report)).collect();
            prop_assert_eq!(came.pop(), Some(Came::Whole(frame)));
            prop_assert!(came.iter().all(|came| *came == Came::Nothing));
        }

        #[test]
        fn reports_of_anything_are_no_trouble(reports in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..70), 0..9)) {
            let mut assembly = Assembly::default();
            for report in reports {
                assembly.take(&report);
            }
        }
    }

    #[test]
    fn a_message_that_never_ends_is_not_kept() {
        let mut report = b"?##\0\x01\xff\xff\xff\xff".to_vec();
        report.resize(64, 0);
        assert_eq!(Assembly::default().take(&report), Came::TooLong);
    }
}
