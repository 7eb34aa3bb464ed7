//! `docs/configuration.md`, written from the table of settings.

use super::{COMMON, Key, OF_VENUES, Shape};
use crate::market::VenueId;
use std::fmt::Write;

const HEAD: &str = "\
# Configuration

Exchequer needs no configuration. What you do set comes from four places; the first that sets a value wins:

1. a flag, such as `--theme light`;
2. an environment variable, such as `EXCHEQUER_THEME=light`;
3. the configuration file, `exchequer config path` prints where;
4. the default.

`exchequer config show --origin` prints every value and where it came from. A file with an unknown key or a wrong value is
refused (exit code 2) with its line and key; nothing wrong is replaced by a default. An empty environment variable counts
as unset.

The file is TOML:

```toml
venue = \"kraken\"
symbols = [\"BTC/USD\", \"ETH/USD\"]

[console]
theme = \"light\"
fps = 10

[venues.kraken]
url = \"wss://ws.kraken.com/v2\"

[fees]
kraken = 0.26
```

## Files

| what | where (Linux) | instead |
|---|---|---|
| configuration | `~/.config/exchequer/config.toml` | `--config FILE`, `EXCHEQUER_CONFIG`, `XDG_CONFIG_HOME` |
| journal | `~/.local/share/exchequer/journal` | `DIR/journal`, `XDG_DATA_HOME` |
| cache | `~/.cache/exchequer` | `DIR/cache`, `XDG_CACHE_HOME` |
| alerts | `~/.config/exchequer/alerts.txt`, one rule a line | `alerts.file` |
| log, remembered layout | `~/.local/state/exchequer` | `DIR/state`, `XDG_STATE_HOME` |

`DIR` is the folder of `--data-dir DIR` or `EXCHEQUER_DATA_DIR`. Colour is left out with `--color never` or `NO_COLOR`.

The address of a webhook is a secret, so it is no setting: it stands alone in the file that `alerts.webhook_file` names,
which only its owner may be able to read, or in the variable `EXCHEQUER_WEBHOOK_URL`, which wins. For Telegram it is
`https://api.telegram.org/bot<token>/sendMessage`.

## Settings
";

/// The whole page.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    // Writing to a String cannot fail.
    for key in &COMMON {
        let _ = write!(page, "\n### `{}`\n\n{}\n\n{}\n", key.name, key.about, facts(key));
    }
    let venues = VenueId::ALL.map(|venue| format!("`{venue}`")).join(", ");
    let _ = write!(page, "\n## Settings of a venue\n\nFor `VENUE` write one of {venues}; in variables in capitals.\n");
    for of in &OF_VENUES {
        let facts = format!("- takes {}\n- default: unset\n- also: `{}`", of.values, of.variable);
        let _ = write!(page, "\n### `{}`\n\n{}\n\n{facts}\n", of.name, of.about);
    }
    page
}

fn facts(key: &Key) -> String {
    let default = match (key.default, key.shape) {
        (None, _) => "unset".to_owned(),
        (Some(text), Shape::Text) => format!("`\"{text}\"`"),
        (Some(text), _) => format!("`{text}`"),
    };
    let flag = key.flag.map_or_else(String::new, |flag| format!(", `{}`", flag.shown));
    format!("- takes {}\n- default: {default}\n- also: `{}`{flag}", key.values, key.variable)
}

#[cfg(test)]
mod tests {
    /// To write the page anew: `EXCHEQUER_WRITE_DOCS=1 cargo test --lib cli::config::page`.
    #[test]
    fn the_page_is_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
        if std::env::var_os("EXCHEQUER_WRITE_DOCS").is_some() {
            std::fs::write(path, super::page()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap();
        assert!(written == super::page(), "docs/configuration.md is not what the table of settings says; see above");
    }
}
