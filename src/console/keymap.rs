//! Which keys ask for which action: a keymap is read from files, the later over the earlier.
//!
//! In one keymap no sequence is the beginning of another, so that every key press is answered at once or waits for a
//! known reason. What a section of the file binds holds in that workspace alone, and goes before what holds everywhere.
//! `ctrl+c` quits whatever the files say.

use super::action::{Action, Context, TABLE};
use super::chord::Chord;
use super::entries::{Entry, EntryError, entries};
use std::fmt::Write as _;
use std::str::FromStr;

/// The sections of a keymap file: the workspace in which what they bind holds.
const SECTIONS: [(&str, Context); 2] = [("portfolio", Context::Portfolio), ("treasury", Context::Treasury)];

/// A sequence may not be longer.
const LONGEST: usize = 4;

/// The keymaps that come with the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// Arrows and single letters.
    #[default]
    Default,
    /// Sequences as in vim.
    Vim,
    /// Chords as in Emacs.
    Emacs,
}

/// A name that no keymap has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no keymap {0:?}; there are default, vim and emacs")]
pub struct UnknownPreset(pub String);

impl FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(name: &str) -> Result<Self, UnknownPreset> {
        match name {
            "default" => Ok(Self::Default),
            "vim" => Ok(Self::Vim),
            "emacs" => Ok(Self::Emacs),
            _ => Err(UnknownPreset(name.chars().take(40).collect())),
        }
    }
}

/// What a key press means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// This action.
    Action(Action),
    /// The beginning of a sequence: keep the chord and wait for the next.
    Pending,
    /// Nothing here; a text field takes it as text.
    None,
}

/// Sequences of keys and the actions they ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Binding {
    within: Option<Context>,
    keys: Vec<Chord>,
    action: Action,
}

impl Keymap {
    /// A keymap that comes with the program.
    pub fn preset(preset: Preset) -> Result<Self, EntryError> {
        let mut map = Self { bindings: Vec::new() };
        map.layer("keymaps/default.toml", include_str!("../../keymaps/default.toml"))?;
        match preset {
            Preset::Default => {}
            Preset::Vim => map.layer("keymaps/vim.toml", include_str!("../../keymaps/vim.toml"))?,
            Preset::Emacs => map.layer("keymaps/emacs.toml", include_str!("../../keymaps/emacs.toml"))?,
        }
        Ok(map)
    }

    /// Puts the bindings of a file over those here; nothing changes when the file has an error.
    pub fn layer(&mut self, file: &str, text: &str) -> Result<(), EntryError> {
        let mut changes: Vec<(Option<Context>, Vec<Chord>, Option<Action>)> = Vec::new();
        for entry in entries(file, text, &SECTIONS.map(|(name, _)| name))? {
            let (keys, action) = read(file, &entry)?;
            let within = entry.section.and_then(|section| SECTIONS.get(section)).map(|(_, context)| *context);
            let clash = changes.iter().find(|(there, other, _)| *there == within && overlap(other, &keys));
            if let Some((_, other, _)) =
                clash.filter(|(_, other, a)| *other == keys || (a.is_some() && action.is_some()))
            {
                return Err(entry.error(file, format!("cannot stand beside {:?} in one file", written(other))));
            }
            changes.push((within, keys, action));
        }
        self.bindings.retain(|old| {
            !changes.iter().any(|(within, keys, action)| {
                old.within == *within && (old.keys == *keys || (action.is_some() && overlap(&old.keys, keys)))
            })
        });
        let bound = changes.into_iter();
        let bound = bound.filter_map(|(within, keys, action)| Some(Binding { within, keys, action: action? }));
        self.bindings.extend(bound);
        Ok(())
    }

    /// What `chord` means after the `pending` ones where the `active` contexts hold. [`Context::Global`] need not be
    /// named; with [`Context::Text`] characters are text.
    pub fn resolve(&self, pending: &[Chord], chord: Chord, active: &[Context]) -> Resolution {
        if chord == Chord::INTERRUPT {
            return Resolution::Action(Action::Quit);
        }
        if pending.is_empty() && active.contains(&Context::Text) && chord.typed().is_some() {
            return Resolution::None;
        }
        let own = self.find(pending, chord, active, |within| within.is_some_and(|context| active.contains(&context)));
        match own {
            Resolution::None => self.find(pending, chord, active, |within| within.is_none()),
            own => own,
        }
    }

    fn find(
        &self,
        pending: &[Chord],
        chord: Chord,
        active: &[Context],
        layer: impl Fn(Option<Context>) -> bool,
    ) -> Resolution {
        let here = self.bindings.iter().filter(|b| {
            let context = b.action.row().map_or(Context::Global, |row| row.context);
            layer(b.within) && (context == Context::Global || active.contains(&context))
        });
        let mut resolution = Resolution::None;
        for binding in here {
            let Some(rest) = binding.keys.strip_prefix(pending).and_then(|rest| rest.strip_prefix(&[chord])) else {
                continue;
            };
            if rest.is_empty() {
                return Resolution::Action(binding.action);
            }
            resolution = Resolution::Pending;
        }
        resolution
    }

    /// The sequences that ask for `action` in a workspace, as keymap files write them: its own first, then those that
    /// hold everywhere and are not used for something else there.
    pub fn keys(&self, action: Action, workspace: Context) -> impl Iterator<Item = String> {
        let home = action.row().map(|row| row.context).filter(|home| SECTIONS.iter().any(|(_, own)| own == home));
        let workspace = Some(home.unwrap_or(workspace));
        let own = self.bindings.iter().filter(move |b| b.within == workspace);
        let taken = own.clone();
        let common = self
            .bindings
            .iter()
            .filter(move |b| b.within.is_none() && !taken.clone().any(|own| overlap(&own.keys, &b.keys)));
        own.chain(common).filter(move |b| b.action == action).map(|b| written(&b.keys))
    }

    /// The first sequence that asks for `action` in a workspace in few columns, such as `^L`, for a footer.
    pub fn label(&self, action: Action, workspace: Context) -> Option<String> {
        self.keys(action, workspace).next().map(|keys| {
            let short = |key: &str| match key.strip_prefix("ctrl+") {
                Some(key) if key.len() == 1 => format!("^{}", key.to_ascii_uppercase()),
                _ => key.to_owned(),
            };
            keys.split(' ').map(short).collect::<Vec<_>>().join(" ")
        })
    }
}

/// The page `docs/keys.md` for this keymap.
pub fn markdown(keymap: &Keymap) -> String {
    let mut page = String::from(
        "# Keys\n\nGenerated from the key table and `keymaps/default.toml`; change those, not this page. `ctrl+c` always \
         quits.\nA file of your own is put over the keymap: `\"q\" = \"none\"` takes a key away, `\"g g\" = \"top\"` \
         binds a sequence. What\nstands below `[portfolio]` or `[treasury]` holds in that workspace alone, and goes before the rest there.\n",
    );
    for context in Context::ALL {
        let mut rows = TABLE.iter().filter(|row| row.context == context).peekable();
        if rows.peek().is_none() {
            continue;
        }
        let _ = write!(page, "\n## {}\n\n| keys | action | what it does |\n|---|---|---|\n", context.title());
        for row in rows {
            let mut keys: Vec<_> = keymap.keys(row.action, Context::Markets).map(|k| format!("`{k}`")).collect();
            for (name, own) in SECTIONS.into_iter().filter(|(_, own)| *own != context) {
                let there = keymap.bindings.iter().filter(|b| b.within == Some(own) && b.action == row.action);
                keys.extend(there.map(|b| format!("`{}` in {name}", written(&b.keys))));
            }
            let _ = writeln!(page, "| {} | `{}` | {} |", keys.join(", "), row.name, row.help);
        }
    }
    page
}

fn read(file: &str, entry: &Entry) -> Result<(Vec<Chord>, Option<Action>), EntryError> {
    let keys = entry
        .key
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<Vec<Chord>, _>>()
        .map_err(|e| entry.error(file, e.to_string()))?;
    if keys.is_empty() || keys.len() > LONGEST {
        return Err(entry.error(file, format!("a sequence has one to {LONGEST} keys")));
    }
    if keys.contains(&Chord::INTERRUPT) {
        return Err(entry.error(file, "always quits and cannot be bound"));
    }
    let action = match entry.value.as_str() {
        "none" => None,
        name => Some(Action::named(name).ok_or_else(|| {
            let name: String = name.chars().take(40).collect();
            entry.error(file, format!("{name:?} is not an action; docs/keys.md lists them, \"none\" takes a key away"))
        })?),
    };
    Ok((keys, action))
}

fn overlap(a: &[Chord], b: &[Chord]) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

fn written(keys: &[Chord]) -> String {
    keys.iter().map(Chord::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(text: &str) -> Chord {
        text.parse().unwrap()
    }

    fn with(file: &str) -> Result<Keymap, EntryError> {
        let mut map = Keymap::preset(Preset::Default)?;
        map.layer("mine.toml", file)?;
        Ok(map)
    }

    #[test]
    fn every_action_has_a_key_in_every_preset() {
        for preset in [Preset::Default, Preset::Vim, Preset::Emacs] {
            let map = Keymap::preset(preset).unwrap();
            for row in TABLE {
                assert!(map.keys(row.action, Context::Markets).next().is_some(), "{preset:?}: {}", row.name);
            }
            for (i, a) in map.bindings.iter().enumerate() {
                let clash = map.bindings[i + 1..].iter().find(|b| a.within == b.within && overlap(&a.keys, &b.keys));
                assert_eq!(clash, None, "{preset:?}: {a:?}");
            }
        }
    }

    #[test]
    fn keys_mean_what_the_context_says() {
        let map = Keymap::preset(Preset::Default).unwrap();
        let wider = Resolution::Action(Action::GroupWider);
        assert_eq!(map.resolve(&[], chord("+"), &[Context::Book]), wider);
        assert_eq!(map.resolve(&[], chord("+"), &[Context::Watch]), Resolution::None);
        assert_eq!(map.resolve(&[], chord("space"), &[Context::Book]), Resolution::None);
        assert_eq!(map.resolve(&[], chord("q"), &[]), Resolution::Action(Action::Quit));
        assert_eq!(map.resolve(&[], chord("q"), &[Context::Text]), Resolution::None);
        assert_eq!(map.resolve(&[], chord("esc"), &[Context::Text]), Resolution::Action(Action::Back));
    }

    #[test]
    fn a_workspace_has_keys_of_its_own() {
        let map = with("[portfolio]\n\"u\" = \"up\"\n\"b\" = \"none\"").unwrap();
        let means = |key, context| map.resolve(&[], chord(key), &[context]);
        assert_eq!(means("b", Context::Markets), Resolution::Action(Action::Across));
        assert_eq!(
            means("b", Context::Portfolio),
            Resolution::None,
            "what is for another workspace does not shine through"
        );
        assert_eq!(means("m", Context::Markets), Resolution::Action(Action::ToggleMouse));
        assert_eq!(means("m", Context::Portfolio), Resolution::Action(Action::Method));
        assert_eq!(means("u", Context::Portfolio), Resolution::Action(Action::Up));
        assert_eq!(means("u", Context::Markets), Resolution::None);
        assert_eq!(map.label(Action::ToggleMouse, Context::Portfolio), None, "its key is the method's there");
        assert_eq!(map.label(Action::Hide, Context::Portfolio).as_deref(), Some("x"));
        assert_eq!(map.label(Action::Hide, Context::Markets).as_deref(), Some("X"));
        assert!(with("[elsewhere]\n\"u\" = \"up\"").unwrap_err().to_string().contains("needs a text"));
    }

    #[test]
    fn sequences_wait_for_their_end() {
        let map = Keymap::preset(Preset::Vim).unwrap();
        let g = chord("g");
        assert_eq!(map.resolve(&[], g, &[]), Resolution::Pending);
        assert_eq!(map.resolve(&[g], g, &[]), Resolution::Action(Action::Top));
        assert_eq!(map.resolve(&[g], chord("q"), &[]), Resolution::None);
        assert_eq!(map.resolve(&[], chord("d"), &[Context::Book]), Resolution::None, "remove is for the watchlist");
    }

    #[test]
    fn a_file_rebinds_and_unbinds() {
        let map = with("\"q\" = \"none\"\n\"g g\" = \"top\"\n\"shift+w\" = \"zoom\"").unwrap();
        assert_eq!(map.resolve(&[], chord("q"), &[]), Resolution::None);
        assert_eq!(map.resolve(&[], chord("g"), &[]), Resolution::Pending);
        assert_eq!(map.resolve(&[], chord("W"), &[]), Resolution::Action(Action::Zoom));
    }

    #[test]
    fn interrupt_always_quits() {
        let map = Keymap::preset(Preset::Emacs).unwrap();
        let quit = Resolution::Action(Action::Quit);
        assert_eq!(map.resolve(&[chord("ctrl+x")], Chord::INTERRUPT, &[Context::Text]), quit);
        assert!(with("\"ctrl+c\" = \"none\"").unwrap_err().to_string().contains("always quits"));
    }

    #[test]
    fn errors_name_line_and_key() {
        let error = |file| with(file).unwrap_err().to_string();
        assert!(error("\"a\" = \"up\"\n\"b\" = \"fly\"").starts_with("mine.toml:2: \"b\": \"fly\" is not an action"));
        assert!(error("\n\"hyper+b\" = \"up\"").starts_with("mine.toml:2: \"hyper+b\": "));
        assert!(error("\"g\" = \"top\"\n\"g g\" = \"up\"").starts_with("mine.toml:2: \"g g\": cannot stand beside"));
        assert!(error("\"shift+a\" = \"up\"\n\"A\" = \"none\"").starts_with("mine.toml:2: \"A\""));
        assert!(error("\"a b c d e\" = \"up\"").contains("one to 4 keys"));
    }

    #[test]
    fn labels_are_short() {
        let map = Keymap::preset(Preset::Emacs).unwrap();
        assert_eq!(map.label(Action::Redraw, Context::Markets).as_deref(), Some("^L"));
        assert_eq!(map.label(Action::SaveLayout, Context::Markets).as_deref(), Some("^X ^S"));
        assert_eq!(map.label(Action::Help, Context::Markets).as_deref(), Some("?"));
    }

    #[test]
    fn the_keys_page_is_the_table() {
        let page = markdown(&Keymap::preset(Preset::Default).unwrap());
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
        if std::env::var_os("EXCHEQUER_WRITE_DOCS").is_some() {
            std::fs::write(path, &page).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == page, "docs/keys.md is not the key table: EXCHEQUER_WRITE_DOCS=1 cargo test keys_page");
    }
}
