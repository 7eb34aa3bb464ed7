//! JSON-RPC by HTTP: questions with numbers, alone or many in one, and answers that fit them.
//!
//! - An answer has to carry its question's number. Answers of a batch may come in any order, each once.
//! - What only asks is asked again when the server cannot answer or the connection breaks; what sends is sent once.
//! - A server that takes no batches is asked one by one.
//! - The server's own errors are made printable and short; what they carry of a revert is kept as bytes.
//!
//! <https://www.jsonrpc.org/specification>, <https://ethereum.github.io/execution-apis/>

use super::number::{bytes, quantity};
use crate::chain::endpoint::{Endpoint, Reach};
use crate::chain::error::{Blame, ChainError, words};
use crate::chain::http::{Again, Ask, Http, Reply};
use crate::chain::watch::Watch;
use alloy_primitives::{B256, Bytes, U256};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The most questions in one batch; more are asked in several.
const MOST: usize = 50;

/// The longest answer.
const LONGEST: usize = 16 << 20;

/// How questions are asked again.
const AGAIN: Again = Again { times: 3, longest: Duration::from_secs(10), broken: true };

/// What is sent is sent once.
const ONCE: Again = Again { times: 0, longest: Duration::ZERO, broken: false };

/// Codes of servers that are asked too often, and say so with a status of 200.
const TOO_OFTEN: [i64; 2] = [-32005, 429];

/// How often such a server is asked again, and how long the first pause is.
const PATIENT: (u32, Duration) = (3, Duration::from_millis(500));

/// A question: a method and its parameters.
pub(super) type Question = (&'static str, Value);

/// An answer, as it stands there.
pub(super) type Said = Result<Box<RawValue>, Fault>;

/// The server's own error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its code.
    pub code: i64,
    /// Its words, printable.
    pub message: String,
    /// What a contract gave when it reverted.
    pub data: Option<Bytes>,
}

impl Fault {
    /// Whether it is the call that fails, and not the server that cannot answer.
    pub fn reverted(&self) -> bool {
        let text = self.message.to_ascii_lowercase();
        let machine = [
            "revert",
            "invalid opcode",
            "invalid jump",
            "stack underflow",
            "stack overflow",
            "bad instruction",
            "out of gas",
            "evm error",
            "vm exception",
            "vm execution error",
        ];
        self.code == 3 || self.data.is_some() || machine.iter().any(|word| text.contains(word))
    }
}

#[derive(Deserialize)]
struct Answer<'a> {
    id: Option<u64>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Wrong<'a> {
    code: i64,
    #[serde(default)]
    message: Option<String>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

/// A way to one server.
pub(super) struct Rpc {
    http: Http,
    headers: HeaderMap,
    next: AtomicU64,
}

impl Rpc {
    /// Prepares to ask; connects to nothing yet.
    pub fn new(endpoint: &Endpoint, reach: &Reach) -> Result<Self, ChainError> {
        let http = Http::to(endpoint.shown().to_owned(), endpoint.secret(), reach)?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(key) = endpoint.authorization() {
            headers.insert(AUTHORIZATION, key);
        }
        Ok(Self { http, headers, next: AtomicU64::new(1) })
    }

    /// Who is to blame for what it says.
    pub fn blame(&self) -> &Blame {
        &self.http.blame
    }

    /// Waits on the way to the next question.
    pub fn pause(&self, time: Duration, watch: &dyn Watch) -> Result<(), ChainError> {
        self.http.pause(time, watch)
    }

    /// Asks several things; answers come in the order of the questions.
    pub fn ask(&self, questions: &[Question], watch: &dyn Watch) -> Result<Vec<Said>, ChainError> {
        let mut said = Vec::with_capacity(questions.len());
        for part in questions.chunks(MOST) {
            said.extend(self.patiently(part, watch)?);
        }
        Ok(said)
    }

    /// Asks one thing.
    pub fn one(&self, question: Question, watch: &dyn Watch) -> Result<Said, ChainError> {
        self.ask(&[question], watch)?.pop().ok_or_else(|| self.blame().malformed("no answer"))
    }

    /// Sends one thing, once.
    pub fn send(&self, question: Question) -> Result<Said, ChainError> {
        let answers = self.batch(&[question], ONCE, &())?;
        answers.into_iter().flatten().next().ok_or_else(|| self.blame().malformed("no answer"))
    }

    /// Asks again as long as the server says that it is asked too often.
    fn patiently(&self, questions: &[Question], watch: &dyn Watch) -> Result<Vec<Said>, ChainError> {
        let (times, mut pause) = PATIENT;
        for left in (0..=times).rev() {
            let said = match self.batch(questions, AGAIN, watch)? {
                Some(said) => said,
                // It takes no batches.
                None => {
                    let one = |question: &Question| match self.batch(std::slice::from_ref(question), AGAIN, watch)? {
                        Some(mut said) => said.pop().ok_or_else(|| self.blame().malformed("no answer")),
                        None => Err(self.blame().malformed("no answer")),
                    };
                    questions.iter().map(one).collect::<Result<Vec<Said>, _>>()?
                }
            };
            let busy = said.iter().find_map(|said| said.as_ref().err().filter(|fault| TOO_OFTEN.contains(&fault.code)));
            let Some(fault) = busy else { return Ok(said) };
            if left == 0 {
                let reason = format!("it is asked too often: {}", fault.message);
                return Err(ChainError::Busy { host: self.blame().0.clone(), reason: words(&reason) });
            }
            self.pause(pause, watch)?;
            pause = pause.saturating_mul(2);
        }
        Err(ChainError::Cancelled)
    }

    /// Asks once, as one body; nothing when the server takes no batches.
    fn batch(&self, questions: &[Question], again: Again, watch: &dyn Watch) -> Result<Option<Vec<Said>>, ChainError> {
        let count = u64::try_from(questions.len()).unwrap_or(u64::MAX);
        let first = self.next.fetch_add(count, Ordering::Relaxed);
        let each = (first..).zip(questions);
        let asked: Vec<Value> = each
            .map(|(id, (method, params))| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .collect();
        let body = match asked.as_slice() {
            [one] => one.to_string(),
            _ => Value::Array(asked).to_string(),
        };
        let (method, headers) = (Method::POST, self.headers.clone());
        let ask = Ask { method, path: "", headers, body: body.into_bytes(), limit: LONGEST };
        let reply = self.http.ask(&ask, again, watch)?;
        self.judge(&reply)?;
        let read = answers(&reply.body, first, questions.len());
        read.map_err(|reason| match reply.status {
            200 => self.blame().malformed(reason),
            status => self.blame().refused(format!("status {status} {}", reply.words())),
        })
    }

    /// What the status alone says.
    fn judge(&self, reply: &Reply) -> Result<(), ChainError> {
        let auth = |reason: String| ChainError::Auth { host: self.blame().0.clone(), reason };
        match reply.status {
            _ if reply.cannot_now() => Err(self.http.busy(reply)),
            status @ (401 | 403) => Err(auth(words(&format!("status {status} {}", reply.words())))),
            300..=399 => Err(self.blame().refused("it sends us to another server, and that is not followed")),
            _ => Ok(()),
        }
    }
}

/// The answers to `count` questions that are numbered from `first` on, in their order; nothing when one error answers them
/// all. Public for fuzzing.
pub fn answers(body: &[u8], first: u64, count: usize) -> Result<Option<Vec<Said>>, String> {
    let bad = |error: serde_json::Error| error.to_string();
    if count == 1 {
        let answer: Answer<'_> = serde_json::from_slice(body).map_err(bad)?;
        return match answer.id {
            Some(id) if id == first => Ok(Some(vec![said(&answer)?])),
            // An error about the whole question may carry no number.
            None if answer.error.is_some() => Ok(Some(vec![said(&answer)?])),
            _ => Err("it answered another question".to_owned()),
        };
    }
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        let answer: Answer<'_> = serde_json::from_slice(body).map_err(bad)?;
        return match said(&answer)? {
            Err(fault) if TOO_OFTEN.contains(&fault.code) => Ok(Some(vec![Err(fault)])),
            Err(_) => Ok(None),
            Ok(_) => Err("it answered many questions with one answer".to_owned()),
        };
    }
    let list: Vec<Answer<'_>> = serde_json::from_slice(body).map_err(bad)?;
    if list.len() != count {
        return Err(format!("it gave {} answers to {count} questions", list.len()));
    }
    let mut ordered: Vec<Option<Said>> = Vec::new();
    ordered.resize_with(count, || None);
    for answer in &list {
        let place = answer.id.and_then(|id| id.checked_sub(first)).and_then(|place| usize::try_from(place).ok());
        match place.and_then(|place| ordered.get_mut(place)) {
            Some(slot) if slot.is_none() => *slot = Some(said(answer)?),
            _ => return Err("it answered other questions".to_owned()),
        }
    }
    ordered.into_iter().collect::<Option<Vec<Said>>>().map(Some).ok_or_else(|| "it left out answers".to_owned())
}

fn said(answer: &Answer<'_>) -> Result<Said, String> {
    match (answer.result, answer.error) {
        (_, None) => {
            let nothing = || RawValue::NULL.to_owned();
            Ok(Ok(answer.result.map_or_else(nothing, RawValue::to_owned)))
        }
        (None, Some(error)) => Ok(Err(fault(error)?)),
        (Some(_), Some(_)) => Err("it gave both an answer and an error".to_owned()),
    }
}

fn fault(error: &RawValue) -> Result<Fault, String> {
    let wrong: Wrong<'_> = serde_json::from_str(error.get()).map_err(|error| error.to_string())?;
    // Some put the revert's bytes into an object, some put words there.
    let data = wrong.data.and_then(|data| {
        let plain = serde_json::from_str::<String>(data.get()).ok();
        plain.and_then(|text| bytes(&text)).map(Bytes::from)
    });
    Ok(Fault { code: wrong.code, message: words(&wrong.message.unwrap_or_default()), data })
}

/// Readers of the values that answers are made of.
impl Rpc {
    fn text(&self, said: &RawValue, what: &str) -> Result<String, ChainError> {
        serde_json::from_str(said.get()).map_err(|_| self.blame().malformed(format!("{what} is no text")))
    }

    /// A number.
    pub fn number(&self, said: &RawValue, what: &str) -> Result<U256, ChainError> {
        let text = self.text(said, what)?;
        quantity(&text).ok_or_else(|| self.blame().malformed(format!("{what} is no number: {}", words(&text))))
    }

    /// A number of 64 bits.
    pub fn small(&self, said: &RawValue, what: &str) -> Result<u64, ChainError> {
        let number = self.number(said, what)?;
        u64::try_from(number).map_err(|_| self.blame().malformed(format!("{what} is too large: {number}")))
    }

    /// Bytes.
    pub fn bytes(&self, said: &RawValue, what: &str) -> Result<Bytes, ChainError> {
        let text = self.text(said, what)?;
        bytes(&text).map(Bytes::from).ok_or_else(|| self.blame().malformed(format!("{what} is not in hex")))
    }

    /// A word of 32 bytes; a node may leave out zeros in front.
    pub fn word(&self, said: &RawValue, what: &str) -> Result<B256, ChainError> {
        let text = self.text(said, what)?;
        let short = || self.blame().malformed(format!("{what} is no word of 32 bytes"));
        quantity(&text).map(B256::from).ok_or_else(short)
    }

    /// Something of a shape.
    pub fn shaped<'a, T: Deserialize<'a>>(&self, said: &'a RawValue, what: &str) -> Result<T, ChainError> {
        serde_json::from_str(said.get()).map_err(|error| self.blame().malformed(format!("{what}: {error}")))
    }

    /// The answer, where an error is none.
    pub fn told(&self, said: Said) -> Result<Box<RawValue>, ChainError> {
        said.map_err(|fault| self.blame().refused(format!("{} (code {})", fault.message, fault.code)))
    }
}
