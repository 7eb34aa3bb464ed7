//! Other open proposals that spend the same coins (T12): only one of them can ever be confirmed.

use super::code;
use super::facts::Facts;
use super::inputs::Input;
use crate::market::printable;
use crate::treasury::findings::Findings;

/// Takes down every proposal in the way of this one.
pub(super) fn check(facts: &Facts, inputs: &[Input], findings: &mut Findings) {
    for rival in &facts.rivals {
        let shared = inputs.iter().filter(|input| rival.spends.contains(&input.outpoint)).count();
        if shared > 0 {
            let coins = if shared == 1 { "a coin".to_owned() } else { format!("{shared} coins") };
            let name = printable(&rival.name).into_owned();
            findings
                .say(code::CONFLICT, format!("{name} spends {coins} of it too: only one of the two can be confirmed"));
        }
    }
}
