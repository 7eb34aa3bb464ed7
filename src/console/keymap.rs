//! Which keys ask for which action: a keymap is read from files, the later over the earlier.
//!
//! In one keymap no sequence is the beginning of another, so that every key press is answered at once or waits for a
//! known reason. `ctrl+c` quits whatever the files say.

use super::action::{Action, Context, TABLE};
use super::chord::Chord;
use super::entries::{Entry, EntryError, entries};
use std::fmt::Write as _;
use std::str::FromStr;

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
        let mut changes: Vec<(Vec<Chord>, Option<Action>)> = Vec::new();
        for entry in entries(file, text)? {
            let (keys, action) = read(file, &entry)?;
            let clash = changes.iter().find(|(other, _)| overlap(other, &keys));
            if let Some((other, _)) = clash.filter(|(other, a)| *other == keys || (a.is_some() && action.is_some())) {
                return Err(entry.error(file, format!("cannot stand beside {:?} in one file", written(other))));
            }
            changes.push((keys, action));
        }
        self.bindings.retain(|old| {
            !changes.iter().any(|(keys, action)| old.keys == *keys || (action.is_some() && overlap(&old.keys, keys)))
        });
        let bound = changes.into_iter().filter_map(|(keys, action)| Some(Binding { keys, action: action? }));
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
        let here = self.bindings.iter().filter(|b| {
            let context = b.action.row().map_or(Context::Global, |row| row.context);
            context == Context::Global || active.contains(&context)
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

    /// The sequences bound to `action`, as keymap files write them, the first bound first.
    pub fn keys(&self, action: Action) -> impl Iterator<Item = String> {
        self.bindings.iter().filter(move |b| b.action == action).map(|b| written(&b.keys))
    }

    /// The first sequence bound to `action` in few columns, such as `^L`, for a footer.
    pub fn label(&self, action: Action) -> Option<String> {
        self.keys(action).next().map(|keys| {
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
         binds a sequence.\n",
    );
    for context in Context::ALL {
        let mut rows = TABLE.iter().filter(|row| row.context == context).peekable();
        if rows.peek().is_none() {
            continue;
        }
        let _ = write!(page, "\n## {}\n\n| keys | action | what it does |\n|---|---|---|\n", context.title());
        for row in rows {
            let keys: Vec<_> = keymap.keys(row.action).map(|k| format!("`{k}`")).collect();
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
                assert!(map.keys(row.action).next().is_some(), "{preset:?}: {}", row.name);
            }
            for (i, a) in map.bindings.iter().enumerate() {
                let clash = map.bindings[i + 1..].iter().find(|b| overlap(&a.keys, &b.keys));
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
        assert_eq!(map.label(Action::Redraw).as_deref(), Some("^L"));
        assert_eq!(map.label(Action::SaveLayout).as_deref(), Some("^X ^S"));
        assert_eq!(map.label(Action::Help).as_deref(), Some("?"));
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
