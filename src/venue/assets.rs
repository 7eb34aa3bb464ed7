//! Venues' own names of assets in the ecosystem's words. The table is `data/assets.txt`.

use crate::market::VenueId;

const TABLE: &str = include_str!("../../data/assets.txt");

/// What everyone else calls the asset that `venue` calls `name`; most names are the same everywhere.
pub fn common_name(venue: VenueId, name: &str) -> &str {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    let mut known = rows.filter_map(|line| {
        let mut words = line.split_whitespace();
        let row = (words.next()?, words.next()?, words.next()?);
        (row.0 == venue.as_str() && row.1 == name).then_some(row.2)
    });
    known.next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_venues_own_names_are_translated_and_others_kept() {
        assert_eq!(common_name(VenueId::Kraken, "XBT"), "BTC");
        assert_eq!(common_name(VenueId::Kraken, "XDG"), "DOGE");
        assert_eq!(common_name(VenueId::Kraken, "ETH"), "ETH");
        assert_eq!(common_name(VenueId::Sim, "XBT"), "XBT");
    }

    #[test]
    fn every_row_is_whole_and_of_a_known_venue() {
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<_> = line.split_whitespace().collect();
            assert_eq!(words.len(), 3, "{line}");
            assert!(words[0].parse::<VenueId>().is_ok(), "{line}");
        }
    }
}
