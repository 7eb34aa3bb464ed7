//! Where an address differs from one that it may be taken for (T16).

/// How many characters people compare at an end.
pub const END: usize = 4;

/// From the first to the last character in which `text` differs from `known`.
pub fn differing(text: &str, known: &str) -> String {
    let same = text.chars().zip(known.chars()).take_while(|(a, b)| a == b).count();
    let rest: Vec<char> = text.chars().skip(same).collect();
    let back = rest.iter().rev().zip(known.chars().rev()).take_while(|(a, b)| *a == b).count();
    rest.iter().take(rest.len().saturating_sub(back).max(1)).collect()
}
