//! What is said about a firing: in words, and as the JSON that a webhook takes.

use crate::alert::Firing;
use crate::market::Timestamp;
use crate::store::journal::Alert;
use serde_json::{Value, json};

/// The forms that webhooks take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// All there is to know, in fields of our own.
    Json,
    /// An incoming webhook of Slack: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.
    Slack,
    /// The method `sendMessage` of Telegram's bots: <https://core.telegram.org/bots/api#sendmessage>.
    Telegram {
        /// The chat that is written to.
        chat: String,
    },
}

/// What is said about a firing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When it fired.
    pub at: Timestamp,
    /// The rule's printed form.
    pub rule: String,
    /// About which instrument.
    pub symbol: String,
    /// At which venue.
    pub venue: String,
    /// What was read.
    pub value: String,
    /// The person's own note.
    pub note: Option<String>,
    /// The whole in words.
    pub text: String,
}

impl Message {
    /// What is said about `firing`.
    pub fn of(firing: &Firing) -> Self {
        let rule = &firing.rule;
        Self {
            at: firing.at,
            rule: rule.to_string(),
            symbol: rule.symbol.to_string(),
            venue: firing.venue.to_string(),
            value: firing.value.to_string(),
            note: rule.note.as_ref().map(|note| note.as_str().to_owned()),
            text: firing.to_string(),
        }
    }

    /// A message that only shows that messages arrive.
    pub fn test(at: Timestamp) -> Self {
        Self {
            at,
            rule: "test".to_owned(),
            symbol: "TEST/USD".to_owned(),
            venue: "sim".to_owned(),
            value: "0".to_owned(),
            note: None,
            text: "a test of Exchequer's alerts; nothing has happened".to_owned(),
        }
    }

    /// The entry of the journal.
    pub fn fired(&self) -> Alert {
        let (rule, venue, value, text) = (self.rule.clone(), self.venue.clone(), self.value.clone(), self.text.clone());
        Alert::Fired { rule, venue, value, text }
    }

    /// The text that a webhook is sent.
    pub fn json(&self, form: &Form) -> String {
        let body: Value = match form {
            Form::Json => json!({
                "kind": "alert", "at": self.at.to_string(), "rule": self.rule, "symbol": self.symbol,
                "venue": self.venue, "value": self.value, "note": self.note, "text": self.text,
            }),
            // These three signs have a meaning in Slack's text.
            Form::Slack => {
                json!({ "text": self.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;") })
            }
            Form::Telegram { chat } => json!({ "chat_id": chat, "text": self.text }),
        };
        body.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Value as Reading;
    use crate::market::VenueId;

    fn message() -> Message {
        Message::of(&Firing {
            at: Timestamp::from_secs(0),
            venue: VenueId::Kraken,
            rule: "BTC/USD > 100000 note \"a <b> & c\"".parse().unwrap(),
            value: Reading::Number(100_001.into()),
        })
    }

    fn sent(form: &Form) -> Value {
        serde_json::from_str(&message().json(form)).unwrap()
    }

    #[test]
    fn each_form_is_what_its_webhook_takes() {
        let text = "a <b> & c: BTC/USD kraken mid 100001, above 100000";
        assert_eq!(sent(&Form::Telegram { chat: "-100".into() }), json!({ "chat_id": "-100", "text": text }));
        let slack = "a &lt;b&gt; &amp; c: BTC/USD kraken mid 100001, above 100000";
        assert_eq!(sent(&Form::Slack), json!({ "text": slack }));
        let all = sent(&Form::Json);
        assert_eq!((&all["rule"], &all["value"]), (&json!("BTC/USD > 100000 note \"a <b> & c\""), &json!("100001")));
        assert_eq!((&all["at"], &all["text"]), (&json!("1970-01-01T00:00:00Z"), &json!(text)));
    }
}
