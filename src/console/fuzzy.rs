//! Finding what was meant among many texts, best match first.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// An item that matched, and the characters of its text that did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match<T> {
    /// The item.
    pub item: T,
    /// Places of matched characters in its text, ascending.
    pub places: Vec<u32>,
}

/// The items whose text matches what was typed, best first, equals in their order; all of them when nothing was typed.
pub fn matches<T>(typed: &str, items: Vec<T>, text: impl Fn(&T) -> String) -> Vec<Match<T>> {
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut found: Vec<(u32, Match<T>)> = items
        .into_iter()
        .filter_map(|item| {
            let text = text(&item);
            let mut places = Vec::new();
            let score = pattern.indices(Utf32Str::new(&text, &mut buffer), &mut matcher, &mut places)?;
            places.sort_unstable();
            places.dedup();
            Some((score, Match { item, places }))
        })
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_match_comes_first() {
        let all = || vec!["ETH/BTC", "BTC/USD", "SOL/USD"];
        let names = |typed| matches(typed, all(), |s| (*s).to_owned()).into_iter().map(|m| m.item).collect::<Vec<_>>();
        assert_eq!(names("btc"), ["BTC/USD", "ETH/BTC"]);
        assert_eq!(names("sus"), ["SOL/USD"]);
        assert_eq!(names(""), all());
        assert!(names("xyz").is_empty());
        assert_eq!(matches("usd", vec!["BTC/USD"], |s| (*s).to_owned())[0].places, [4, 5, 6]);
    }
}
