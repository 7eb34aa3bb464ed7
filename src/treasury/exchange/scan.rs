//! Takes what a camera or a paste brings, one text after another, and says what is still missing.

use super::{ExchangeError, bbqr, ur};
use crate::treasury::bitcoin::psbt::LONGEST_TEXT;

/// How far a scan is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many parts of so many.
    Part {
        /// How many are known.
        have: usize,
        /// How many there are.
        of: usize,
    },
    /// All of it: the bytes of a PSBT, of a transaction or of JSON, still to be read.
    Whole(Vec<u8>),
}

/// What was scanned so far.
#[derive(Default)]
pub struct Scan(Form);

#[derive(Default)]
enum Form {
    #[default]
    Nothing,
    Bbqr(bbqr::Join),
    Ur(Box<ur::Join>),
}

impl Scan {
    /// Takes one text; what is refused changes nothing.
    pub fn take(&mut self, text: &str) -> Result<Progress, ExchangeError> {
        let text = text.trim();
        if text.starts_with("B$") {
            return self.bbqr(text);
        }
        if text.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("ur:")) {
            return self.ur(text);
        }
        let alone = matches!(self.0, Form::Nothing);
        let psbt =
            text.starts_with("cHNidP") || text.get(..10).is_some_and(|head| head.eq_ignore_ascii_case("70736274ff"));
        let json = text.starts_with('{');
        match (alone, psbt || json) {
            (true, true) if text.len() <= LONGEST_TEXT => Ok(Progress::Whole(text.as_bytes().to_vec())),
            (true, true) => Err(ExchangeError::Much),
            (false, true) => Err(ExchangeError::Other),
            _ => Err(ExchangeError::Unknown),
        }
    }

    fn bbqr(&mut self, text: &str) -> Result<Progress, ExchangeError> {
        if let Form::Nothing = self.0 {
            let mut join = bbqr::Join::default();
            join.take(text)?;
            self.0 = Form::Bbqr(join);
        }
        let Form::Bbqr(join) = &mut self.0 else { return Err(ExchangeError::Other) };
        join.take(text)?;
        let (have, of) = join.progress();
        match join.whole()? {
            Some((bbqr::Kind::Psbt | bbqr::Kind::Transaction | bbqr::Kind::Json, data)) => Ok(Progress::Whole(data)),
            Some((bbqr::Kind::Text, _)) => Err(ExchangeError::Kind),
            None => Ok(Progress::Part { have, of }),
        }
    }

    fn ur(&mut self, text: &str) -> Result<Progress, ExchangeError> {
        if let Form::Nothing = self.0 {
            let mut join = ur::Join::default();
            join.take(text)?;
            self.0 = Form::Ur(Box::new(join));
        }
        let Form::Ur(join) = &mut self.0 else { return Err(ExchangeError::Other) };
        join.take(text)?;
        let (have, of) = join.progress();
        Ok(join.whole()?.map_or(Progress::Part { have, of }, Progress::Whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::treasury::bitcoin::example::devices;
    use crate::treasury::bitcoin::psbt::{Packet, Version};

    #[test]
    fn any_form_is_recognised_and_comes_together() {
        let packet = devices()[0].signed();
        let psbt = packet.bytes(Version::V0);
        let one = packet.base64(Version::V0);
        let series = bbqr::split(&psbt, bbqr::Kind::Psbt, 200).unwrap();
        let stream = ur::split(&psbt, 200).unwrap();
        for texts in [vec![one], vec![packet.hex(Version::V2)], series, stream] {
            let mut scan = Scan::default();
            let mut whole = None;
            for (number, text) in texts.iter().enumerate() {
                match scan.take(&format!(" {text}\r\n")).unwrap() {
                    Progress::Whole(data) => whole = Some(data),
                    Progress::Part { have, of } => assert!(have == number + 1 && have < of),
                }
                if whole.is_some() {
                    break;
                }
            }
            assert_eq!(Packet::read(&whole.unwrap()).unwrap().psbt, packet.psbt);
        }
    }

    #[test]
    fn what_is_of_another_series_or_form_is_refused_and_changes_nothing() {
        let psbt = devices()[0].signed().bytes(Version::V0);
        let series = bbqr::split(&psbt, bbqr::Kind::Psbt, 900).unwrap();
        let stream = ur::split(&psbt, 500).unwrap();
        let mut scan = Scan::default();
        assert_eq!(scan.take("hello"), Err(ExchangeError::Unknown));
        assert_eq!(scan.take("B$2P0z00"), Err(ExchangeError::Header));
        let of = series.len();
        assert_eq!(scan.take(&series[0]), Ok(Progress::Part { have: 1, of }));
        assert_eq!(scan.take(&stream[0]), Err(ExchangeError::Other));
        assert_eq!(scan.take("cHNidP8B"), Err(ExchangeError::Other));
        assert_eq!(scan.take(&series[0]), Ok(Progress::Part { have: 1, of }));
        let last = series[1..].iter().map(|text| scan.take(text)).last();
        assert_eq!(last, Some(Ok(Progress::Whole(psbt))));
        let text = bbqr::split(b"wsh(...)", bbqr::Kind::Text, 100).unwrap();
        assert_eq!(Scan::default().take(&text[0]), Err(ExchangeError::Kind));
    }
}
