//! Themes: the panes name roles, a theme says how a role looks.
//!
//! A theme file gives each role a text like `"green on #102010 bold"` and may inherit another theme. No role tells
//! anything by colour alone: that is what [`Glyphs`] are for.

use super::entries::{EntryError, entries};
use ratatui::style::{Color, Modifier, Style};
use std::str::FromStr;

/// What a piece of the screen is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the field's own, or explained beside them")]
pub enum Role {
    Text,
    /// What may be overlooked: units, digits that did not change, old values.
    Dim,
    Strong,
    /// The one accent: focus, cursor marks, the active tab.
    Accent,
    Border,
    BorderFocus,
    Title,
    Up,
    Down,
    Bid,
    Ask,
    /// Laid under the cells of a depth bar.
    BidBar,
    AskBar,
    /// A value in the moment after it changed.
    Changed,
    /// A connection or stream that is as it should be.
    Live,
    Warning,
    Error,
    /// Prices that are not current.
    Stale,
    Selected,
    /// The letters that a search matched.
    Match,
    /// The banner of a market that is not real.
    Demo,
    KeyHint,
    /// The ground of a window above the panes.
    Overlay,
    /// The names of venues, in as many looks as the eye can keep apart.
    Venue1,
    Venue2,
    Venue3,
    Venue4,
    Venue5,
    Venue6,
}

const ROLES: [(&str, Role); 29] = [
    ("text", Role::Text),
    ("dim", Role::Dim),
    ("strong", Role::Strong),
    ("accent", Role::Accent),
    ("border", Role::Border),
    ("border-focus", Role::BorderFocus),
    ("title", Role::Title),
    ("up", Role::Up),
    ("down", Role::Down),
    ("bid", Role::Bid),
    ("ask", Role::Ask),
    ("bid-bar", Role::BidBar),
    ("ask-bar", Role::AskBar),
    ("changed", Role::Changed),
    ("live", Role::Live),
    ("warning", Role::Warning),
    ("error", Role::Error),
    ("stale", Role::Stale),
    ("selected", Role::Selected),
    ("match", Role::Match),
    ("demo", Role::Demo),
    ("key-hint", Role::KeyHint),
    ("overlay", Role::Overlay),
    ("venue-1", Role::Venue1),
    ("venue-2", Role::Venue2),
    ("venue-3", Role::Venue3),
    ("venue-4", Role::Venue4),
    ("venue-5", Role::Venue5),
    ("venue-6", Role::Venue6),
];

/// A style for every role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    name: String,
    styles: [Style; ROLES.len()],
}

impl Theme {
    /// The theme's name: its file's, without `.toml`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How `role` looks, to be patched onto what is there: what it does not say stays.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}

/// The themes to choose from: those that come with the program, and a person's own.
#[derive(Clone, Debug)]
pub struct Themes(Vec<Theme>);

impl Themes {
    /// The themes that come with the program; the first is the default.
    pub fn built_in() -> Result<Self, EntryError> {
        let mut themes = Self(Vec::new());
        for (name, text) in [
            ("dark", include_str!("../../themes/dark.toml")),
            ("light", include_str!("../../themes/light.toml")),
            ("deuteranopia", include_str!("../../themes/deuteranopia.toml")),
            ("tritanopia", include_str!("../../themes/tritanopia.toml")),
            ("mono", include_str!("../../themes/mono.toml")),
            ("ansi16", include_str!("../../themes/ansi16.toml")),
        ] {
            themes.add(name, &format!("themes/{name}.toml"), text)?;
        }
        Ok(themes)
    }

    /// Adds a theme, or replaces the one of its name. It may inherit any theme that is here already; without
    /// `inherits` it must give every role. `file` is only named in errors.
    pub fn add(&mut self, name: &str, file: &str, text: &str) -> Result<(), EntryError> {
        let entries = entries(file, text, &[])?;
        let mut styles: [Option<Style>; ROLES.len()] = [None; ROLES.len()];
        if let Some(entry) = entries.iter().find(|e| e.key == "inherits") {
            let parent = self.get(&entry.value).ok_or_else(|| {
                let known: Vec<_> = self.names().collect();
                entry.error(file, format!("there is no theme {:?}; there are {}", entry.value, known.join(", ")))
            })?;
            styles = parent.styles.map(Some);
        }
        for entry in entries.iter().filter(|e| e.key != "inherits") {
            let role = ROLES.iter().position(|(name, _)| *name == entry.key);
            let slot = role.and_then(|i| styles.get_mut(i)).ok_or_else(|| {
                let known: Vec<_> = ROLES.iter().map(|(name, _)| *name).collect();
                entry.error(file, format!("is not a role; the roles are inherits, {}", known.join(", ")))
            })?;
            *slot = Some(look(&entry.value).map_err(|word| {
                entry
                    .error(file, format!("{word:?} is no colour or attribute; write it like \"#c0c5ce on black bold\""))
            })?);
        }
        let mut theme = Theme { name: name.to_owned(), styles: [Style::new(); ROLES.len()] };
        for ((slot, style), (role, _)) in theme.styles.iter_mut().zip(styles).zip(ROLES) {
            *slot = style.ok_or_else(|| EntryError {
                file: file.to_owned(),
                line: 1,
                key: Some(role.to_owned()),
                reason: "is missing; give every role, or write inherits = \"dark\"".to_owned(),
            })?;
        }
        self.0.retain(|old| old.name != name);
        self.0.push(theme);
        Ok(())
    }

    /// The theme of this name.
    pub fn get(&self, name: &str) -> Option<&Theme> {
        self.0.iter().find(|theme| theme.name == name)
    }

    /// The names of all themes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Theme::name)
    }

    /// The theme after the one of this name, the first after the last.
    pub fn after(&self, name: &str) -> Option<&Theme> {
        let place = self.0.iter().position(|theme| theme.name == name);
        place.and_then(|i| self.0.get(i + 1)).or(self.0.first())
    }
}

/// Reads `"green on #102010 bold"`; the error is the word that is wrong.
fn look(text: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let wrong = || word.chars().take(40).collect::<String>();
        style = match word {
            "none" => style,
            "bold" => style.add_modifier(Modifier::BOLD),
            "dim" => style.add_modifier(Modifier::DIM),
            "italic" => style.add_modifier(Modifier::ITALIC),
            "underlined" => style.add_modifier(Modifier::UNDERLINED),
            "reversed" => style.add_modifier(Modifier::REVERSED),
            "on" => style.bg(words.next().and_then(colour).ok_or_else(wrong)?),
            _ if style.fg.is_none() => style.fg(colour(word).ok_or_else(wrong)?),
            _ => return Err(wrong()),
        };
    }
    Ok(style)
}

/// A colour by name, `#rrggbb` or its number in the palette of 256; `default` is the terminal's own.
fn colour(word: &str) -> Option<Color> {
    if word == "default" {
        return Some(Color::Reset);
    }
    Color::from_str(word).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(text: &str) -> Result<Theme, EntryError> {
        let mut themes = Themes::built_in()?;
        themes.add("mine", "mine.toml", text)?;
        Ok(themes.get("mine").unwrap().clone())
    }

    #[test]
    fn roles_stand_at_their_place() {
        for (i, (_, role)) in ROLES.iter().enumerate() {
            assert_eq!(*role as usize, i);
        }
    }

    #[test]
    fn the_built_in_themes_are_whole() {
        let themes = Themes::built_in().unwrap();
        let names: Vec<_> = themes.names().collect();
        assert_eq!(names, ["dark", "light", "deuteranopia", "tritanopia", "mono", "ansi16"]);
        assert_eq!(themes.after("ansi16").unwrap().name(), "dark");
        assert_eq!(themes.after("dark").unwrap().name(), "light");
    }

    #[test]
    fn mono_has_no_colour_and_other_signs_for_what_a_ground_would_show() {
        let themes = Themes::built_in().unwrap();
        let mono = themes.get("mono").unwrap();
        for (name, role) in ROLES {
            let style = mono.style(role);
            assert!(style.fg.is_none() && style.bg.is_none(), "{name}");
        }
        for role in [Role::Selected, Role::Demo] {
            assert!(mono.style(role).add_modifier.contains(Modifier::REVERSED), "{role:?}");
        }
        for bar in [Role::BidBar, Role::AskBar] {
            assert!(mono.style(bar).add_modifier.contains(Modifier::UNDERLINED), "{bar:?}");
        }
    }

    #[test]
    fn ansi16_needs_sixteen_colours_only() {
        let themes = Themes::built_in().unwrap();
        for (name, role) in ROLES {
            let style = themes.get("ansi16").unwrap().style(role);
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert!(!matches!(colour, Color::Rgb(..) | Color::Indexed(_)), "{name}");
            }
        }
    }

    #[test]
    fn a_theme_inherits_and_changes() {
        let theme = add("inherits = \"mono\"\nup = \"#00ff00 on 22 bold\"\ndown = \"none\"").unwrap();
        let up = Style::new().fg(Color::Rgb(0, 255, 0)).bg(Color::Indexed(22)).add_modifier(Modifier::BOLD);
        assert_eq!(theme.style(Role::Up), up);
        assert_eq!(theme.style(Role::Down), Style::new());
        assert!(theme.style(Role::Selected).add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn errors_name_line_and_key() {
        let error = |text| add(text).unwrap_err().to_string();
        assert!(error("inherits = \"dark\"\nups = \"red\"").starts_with("mine.toml:2: \"ups\": is not a role"));
        assert!(error("inherits = \"dark\"\n\nup = \"rde\"").starts_with("mine.toml:3: \"up\": \"rde\" is no colour"));
        assert!(error("inherits = \"drak\"").starts_with("mine.toml:1: \"inherits\": there is no theme \"drak\""));
        assert!(error("inherits = \"dark\"\nup = \"red on\"").contains("\"on\""));
        assert!(error("up = \"red\"").contains("is missing"));
    }
}
