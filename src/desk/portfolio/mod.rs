//! What the desk owns, valued by what its markets say.

mod view;

pub use view::{
    Change, Course, EntryView, Figures, HoldingView, NavView, Part, PortfolioQuery, PortfolioView, PriceStep, Standing,
    UnitView,
};
