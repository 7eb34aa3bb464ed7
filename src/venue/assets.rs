//! Venues' own names of assets in the ecosystem's words. The table is `data/assets.txt`.

use crate::market::VenueId;

const TABLE: &str = include_str!("../../data/assets.txt");

/// What everyone else calls the asset that `venue` calls `name`; most names are the same everywhere.
pub fn common_name(venue: VenueId, name: &str) -> &str {
    rows(venue).find_map(|(own, common)| (own == name).then_some(common)).unwrap_or(name)
}

/// What `venue` calls the asset that everyone else calls `name`.
pub fn own_name(venue: VenueId, name: &str) -> &str {
    rows(venue).find_map(|(own, common)| (common == name).then_some(own)).unwrap_or(name)
}

/// A venue's own names, and the common ones.
fn rows(venue: VenueId) -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(move |line| {
        let mut words = line.split_whitespace();
        let row = (words.next()?, words.next()?, words.next()?);
        (row.0 == venue.as_str()).then_some((row.1, row.2))
    })
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
        assert_eq!(own_name(VenueId::KrakenFutures, "BTC"), "XBT");
        assert_eq!(own_name(VenueId::KrakenFutures, "DOGE"), "DOGE");
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
