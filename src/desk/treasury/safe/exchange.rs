//! A Safe's proposal out of a file, and new signatures out of one: a quorum comes together without any service.
//!
//! - What the file says is verified: a signature counts when it leads to an owner, over the very transaction.

use crate::desk::treasury::clerk::Clerk;
use crate::desk::{Operator, Scope};
use crate::treasury::ethereum::Proposal as ExchangeFile;
use crate::treasury::ethereum::proposal::{SafeEvent, SafeId, Source};
use crate::treasury::proposal::{ProposalId, Signer};
use std::time::Duration;

/// How long what was imported waits for signatures.
const WEEK: Duration = Duration::from_secs(7 * 86_400);

impl Clerk {
    /// Takes the new signatures of a file, or begins a proposal with it.
    pub(in crate::desk::treasury) fn import_safe(
        &mut self,
        scope: &Scope<Operator>,
        bytes: &[u8],
        from: &str,
    ) -> Result<String, String> {
        let file = ExchangeFile::read(bytes).map_err(|error| error.to_string())?;
        let id = SafeId::of(&file.file.at);
        let safe = self.treasury.safe(id).map_err(|_| format!("it is for {id}, which is not watched here"))?.clone();
        if file.file.at != safe.at() {
            let (said, is) = (file.file.at.version, safe.at().version);
            return Err(format!("it is for Safe {said}, and {} is {is}: its hash would be another", safe.name));
        }
        let hash = file.asked().hash;
        let now = self.shared.now();
        let open = self.treasury.safes().of(id).filter(|one| one.state_at(now).is_live());
        let known = open.filter(|one| one.hashes().safe_tx == hash).map(|one| one.id).last();
        if let Some(proposal) = known {
            return self.take_file(scope, proposal, &file);
        }
        let memo = (format!("from {from}"), WEEK);
        let proposal = self.begin_safe(scope, &safe, file.file.tx.clone(), Source::File, memo)?;
        let number = self.number(proposal);
        // It may have come with signatures already; that it has none is no fault.
        let signed = self.take_file(scope, proposal, &file).unwrap_or_default();
        Ok(format!("#{number} begins with {from}. {signed}").trim_end().to_owned())
    }

    /// Takes the new signatures of a file that came back.
    fn take_file(&mut self, scope: &Scope<Operator>, id: ProposalId, file: &ExchangeFile) -> Result<String, String> {
        let (number, proposal, safe) = self.found_safe(id)?;
        let (mut who, mut why) = (Vec::new(), None);
        for one in &file.confirmations {
            if proposal.seat(one.owner).is_some_and(|seat| seat.counts) {
                continue;
            }
            let (owner, signature, signer) = (one.owner, one.bytes(), Signer::File);
            let event = SafeEvent::Approved { proposal: id, owner, signer, signature, on_chain: None };
            match self.note_safe(scope, event) {
                Ok(()) => who.push(safe.owner_name(owner)),
                Err(error) => why = Some(error),
            }
        }
        match (who.is_empty(), why.or_else(|| file.aside.first().map(|aside| aside.why.to_string()))) {
            (true, Some(why)) => Err(format!("#{number}: the file brings no signature that counts: {why}")),
            (true, None) => Err(format!("#{number}: the file brings no signature that counts")),
            (false, _) => Ok(self.counted_safe(id, &format!("#{number} signed by {}", who.join(", ")))),
        }
    }
}
