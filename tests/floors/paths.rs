//! The paths that a Rust source names, with `use` trees unfolded and `super` climbed. A reader of tokens, not a parser: it
//! needs to know comments, strings and braces, and nothing of types.

/// A path, such as `crate::market::Symbol`, where it stands, and whether in test code.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    pub path: String,
    pub line: usize,
    pub test: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    text: String,
    line: usize,
}

/// Every path in `source`, which is the file of `module`.
pub fn paths(module: &[&str], source: &str) -> Vec<Found> {
    let tokens = tokens(source);
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut place: Vec<String> = module.iter().map(|part| (*part).to_owned()).collect();
    // For each open brace: whether it opened a module, and whether that is test code.
    let mut braces: Vec<(bool, bool)> = Vec::new();
    let file_is_test = module.contains(&"tests");
    let mut next_is_test = false;
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let test = file_is_test || braces.iter().any(|(_, test)| *test);
        match text(at) {
            "#" if (1..7).map(|step| text(at + step)).eq(["[", "cfg", "(", "test", ")", "]"]) => {
                next_is_test = true;
                at += 6;
            }
            "mod" if text(at + 2) == "{" => {
                place.push(text(at + 1).to_owned());
                braces.push((true, next_is_test));
                next_is_test = false;
                at += 2;
            }
            "{" => {
                braces.push((false, next_is_test));
                next_is_test = false;
            }
            "}" => {
                let left_a_module = braces.pop().is_some_and(|(is_module, _)| is_module);
                if left_a_module {
                    place.pop();
                }
            }
            ";" => next_is_test = false,
            "use" => {
                let end = (at..tokens.len()).find(|at| text(*at) == ";").unwrap_or(tokens.len());
                let mut rest = &tokens[at + 1..end];
                unfold("", &mut rest, &mut |path, line| {
                    found.push(Found { path: resolve(&place, path), line, test: test || next_is_test });
                });
                next_is_test = false;
                at = end;
            }
            word if is_word(word) && text(at + 1) == "::" && (at == 0 || text(at - 1) != "::") => {
                let line = tokens[at].line;
                let mut path = word.to_owned();
                while text(at + 1) == "::" && is_word(text(at + 2)) {
                    path = format!("{path}::{}", text(at + 2));
                    at += 2;
                }
                found.push(Found { path: resolve(&place, &path), line, test });
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Unfolds one `use` tree and what follows it up to a `,` or `}`.
fn unfold(above: &str, rest: &mut &[Token], found: &mut dyn FnMut(&str, usize)) {
    let mut path = above.to_owned();
    let mut line = 0;
    while let Some((token, after)) = rest.split_first() {
        match token.text.as_str() {
            "," | "}" => break,
            "{" => {
                *rest = after;
                loop {
                    unfold(&path, rest, found);
                    let Some((end, after)) = rest.split_first() else { return };
                    *rest = after;
                    if end.text == "}" {
                        return;
                    }
                }
            }
            "as" => *rest = after.get(1..).unwrap_or_default(),
            "::" => *rest = after,
            word => {
                path = if path.is_empty() { word.to_owned() } else { format!("{path}::{word}") };
                line = token.line;
                *rest = after;
            }
        }
    }
    if line > 0 {
        found(&path, line);
    }
}

/// Turns `exchequer::…` and `super::…` into `crate::…`; every other path stays as it is.
fn resolve(place: &[String], path: &str) -> String {
    let mut words: Vec<&str> = path.split("::").collect();
    let climbed = words.iter().take_while(|word| **word == "super").count();
    if climbed > 0 {
        words.drain(..climbed);
        let base = place.iter().take(place.len().saturating_sub(climbed)).map(String::as_str);
        return std::iter::once("crate").chain(base).chain(words).collect::<Vec<_>>().join("::");
    }
    if words.first() == Some(&"exchequer") {
        words[0] = "crate";
    }
    words.join("::")
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Words, `::` and single signs; comments, strings and characters are left out.
fn tokens(source: &str) -> Vec<Token> {
    let letters: Vec<char> = source.chars().collect();
    let at = |index: usize| letters.get(index).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let (mut i, mut line) = (0, 1);
    while i < letters.len() {
        let start = i;
        let mut text = String::new();
        match letters[i] {
            '/' if at(i + 1) == '/' => {
                while i < letters.len() && letters[i] != '\n' {
                    i += 1;
                }
            }
            '/' if at(i + 1) == '*' => i = after_comment(&letters, i),
            'r' if raw_hashes(&letters, i).is_some() => i = after_raw_string(&letters, i),
            '"' => i = after_quoted(&letters, i, '"'),
            // 'x' and '\n' are characters, 'a is a lifetime.
            '\'' if at(i + 1) == '\\' || at(i + 2) == '\'' => i = after_quoted(&letters, i, '\''),
            ':' if at(i + 1) == ':' => {
                text.push_str("::");
                i += 2;
            }
            c if c.is_alphanumeric() || c == '_' => {
                while at(i).is_alphanumeric() || at(i) == '_' {
                    text.push(at(i));
                    i += 1;
                }
            }
            c => {
                if !c.is_whitespace() {
                    text.push(c);
                }
                i += 1;
            }
        }
        if !text.is_empty() {
            tokens.push(Token { text, line });
        }
        line += letters[start..i.min(letters.len())].iter().filter(|c| **c == '\n').count();
    }
    tokens
}

fn after_comment(letters: &[char], start: usize) -> usize {
    let (mut i, mut depth) = (start, 0_usize);
    while i < letters.len() {
        match letters[i..].get(..2) {
            Some(['/', '*']) => (depth, i) = (depth + 1, i + 2),
            Some(['*', '/']) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

fn after_quoted(letters: &[char], start: usize, quote: char) -> usize {
    let mut i = start + 1;
    while i < letters.len() && letters[i] != quote {
        i += if letters[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

/// The number of `#` of a raw string that starts here, if one does.
fn raw_hashes(letters: &[char], start: usize) -> Option<usize> {
    let hashes = letters[start + 1..].iter().take_while(|c| **c == '#').count();
    (letters.get(start + 1 + hashes) == Some(&'"')).then_some(hashes)
}

fn after_raw_string(letters: &[char], start: usize) -> usize {
    let hashes = raw_hashes(letters, start).unwrap_or(0);
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let from = start + 2 + hashes;
    let found = (from..letters.len()).find(|i| letters[*i..].starts_with(&end));
    found.map_or(letters.len(), |i| i + end.len())
}
