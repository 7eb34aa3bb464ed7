//! Who asks, and what they may do.
//!
//! Every call to the desk goes through a handle that was made for a [`Scope`]. The role is a type: what a viewer may not
//! do does not compile for a viewer's handle. On one person's machine the scope is always [`Scope::local`].

use std::marker::PhantomData;
use std::sync::Arc;

/// What a caller may do. Sealed: the roles are those of this file.
pub trait Role: sealed::Sealed + Clone + Send + Sync + 'static {
    /// The role's name in the journal.
    const NAME: &'static str;
}

/// May look.
#[derive(Clone, Copy, Debug)]
pub enum Viewer {}

/// May look and may change what the desk does.
#[derive(Clone, Copy, Debug)]
pub enum Operator {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Viewer {}
    impl Sealed for super::Operator {}
}

impl Role for Viewer {
    const NAME: &'static str = "viewer";
}

impl Role for Operator {
    const NAME: &'static str = "operator";
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Scope<R: Role> {
    tenant: Arc<str>,
    actor: Arc<str>,
    role: PhantomData<R>,
}

impl Scope<Operator> {
    /// The person at this machine.
    pub fn local() -> Self {
        Self { tenant: "local".into(), actor: "local".into(), role: PhantomData }
    }
}

impl<R: Role> Scope<R> {
    /// The same person, who may only look.
    pub fn viewer(&self) -> Scope<Viewer> {
        Scope { tenant: self.tenant.clone(), actor: self.actor.clone(), role: PhantomData }
    }

    /// Whose desk it is.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Who asks.
    pub fn actor(&self) -> &str {
        &self.actor
    }
}
