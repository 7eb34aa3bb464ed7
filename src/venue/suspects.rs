//! Which books are in doubt after a frame that could not be read.

use super::names::Names;
use crate::market::{Desync, Event, Symbol};

/// Doubt of the books that an unreadable frame may have been meant for: those whose names stand in it, or else all.
/// `None` when there are no books, or when the frame shows one of the kinds that never touch one.
pub fn doubt<'a>(
    frame: &str,
    harmless: &[&str],
    names: &Names,
    books: impl IntoIterator<Item = &'a Symbol>,
) -> Option<Event> {
    let shows = |name: &str| frame.contains(&format!("\"{name}\""));
    if harmless.iter().any(|kind| shows(kind)) {
        return None;
    }
    let all: Vec<Symbol> = books.into_iter().cloned().collect();
    let named: Vec<Symbol> = all.iter().filter(|symbol| names.native(symbol).is_some_and(shows)).cloned().collect();
    let symbols = if named.is_empty() { all } else { named };
    (!symbols.is_empty()).then_some(Event::Doubt { symbols, reason: Desync::Unreadable })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_that_is_named_is_in_doubt_or_else_all_are() {
        let mut names = Names::new(|name| Symbol::new(&name.replace('-', "/")).ok());
        let books = ["BTC-USD", "ETH-USD"].map(|name| names.symbol(name).unwrap());
        let doubted = |frame: &str| match doubt(frame, &["ticker"], &names, &books) {
            Some(Event::Doubt { symbols, reason: Desync::Unreadable }) => symbols,
            other => panic!("{other:?}"),
        };
        assert_eq!(doubted(r#"{"type":"book","id":"ETH-USD","#), books[1..]);
        assert_eq!(doubted(r#"{"type":"book","id":"ETH-US"#), books);
        assert_eq!(doubt(r#"{"type":"ticker","id":"ETH-USD","#, &["ticker"], &names, &books), None);
        assert_eq!(doubt("{", &["ticker"], &names, []), None, "no books, no doubt");
    }
}
