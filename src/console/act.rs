//! What each action does to a session.

use super::action::{Action, Context};
use super::effect::{Effect, LAYOUT, THEME};
use super::field::Field;
use super::layout::{Layout, Pane, Workspace, inside};
use super::palette::Order;
use super::pane::{across, ladder, watch};
use super::portfolio;
use super::state::{Cursor, Overlay, State};
use super::treasury;
use super::update::say;
use crate::desk::{AlertWish, Command, Place, Replay, Speed, Steer, View};
use crate::market::{Basis, Side};
use crate::money::{Decimal, Price, plain};

/// Carries an action out where no window is open.
pub fn act(state: &mut State, view: &View, action: Action) -> Vec<Effect> {
    if let Some(home) = action.row().and_then(|row| home(row.context)).filter(|home| *home != state.workspace()) {
        // By name everything can be asked for from everywhere.
        turn_to(state, home);
    }
    if state.workspace() == Workspace::Portfolio
        && let Some(effects) = portfolio::act(state, view, action)
    {
        return effects;
    }
    if state.workspace() == Workspace::Treasury
        && let Some(effects) = treasury::act(state, view, action)
    {
        return effects;
    }
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Copy => return copy(state, view),
        Action::Remove => return remove(state, view),
        Action::CycleTheme => return next_theme(state),
        Action::SaveLayout => return save(state, view),
        Action::Pause | Action::Step | Action::SeekBack | Action::SeekForward | Action::Faster | Action::Slower => {
            return view.replay.as_ref().and_then(|replay| steer(replay, action)).into_iter().collect();
        }
        Action::ToggleMouse => {
            state.settings.mouse = !state.settings.mouse;
            let on = if state.settings.mouse { "on; shift selects text" } else { "off" };
            say(state, view, false, format!("mouse {on}"));
            return vec![Effect::Mouse(state.settings.mouse)];
        }
        Action::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        Action::Alerts => state.overlay = Some(Overlay::Alerts { chosen: 0 }),
        Action::Palette => state.overlay = Some(Overlay::Palette { field: Field::default(), chosen: 0 }),
        Action::Search => {
            state.overlay = Some(Overlay::Search { field: Field::default(), chosen: 0 });
            return vec![Effect::Instruments];
        }
        Action::Meter => state.meter = !state.meter,
        Action::Back => back(state, view),
        Action::Accept => accept(state),
        Action::NextPane | Action::Right => turn(state, 1),
        Action::PreviousPane | Action::Left => turn(state, -1),
        Action::Zoom => state.settings.layout.zoomed = !state.settings.layout.zoomed,
        Action::Markets => turn_to(state, Workspace::Markets),
        Action::Portfolio => turn_to(state, Workspace::Portfolio),
        Action::Treasury => turn_to(state, Workspace::Treasury),
        Action::Hide => {
            state.hidden = !state.hidden;
            say(state, view, false, if state.hidden { "amounts are hidden" } else { "amounts are shown" });
        }
        Action::Across => state.set_focus(if state.focus() == Pane::Across { Pane::Book } else { Pane::Across }),
        Action::Venues => venues(state),
        Action::Net => net(state, view),
        Action::Rank => state.across.rank = state.across.rank.next(),
        Action::Split => state.overlay = Some(Overlay::Palette { field: Field::holding("split "), chosen: 0 }),
        Action::NextInstrument => step_instrument(state, view, 1, true),
        Action::PreviousInstrument => step_instrument(state, view, -1, true),
        Action::Up => travel(state, view, 1, false),
        Action::Down => travel(state, view, -1, false),
        Action::HalfUp => travel(state, view, page(state) / 2, false),
        Action::HalfDown => travel(state, view, -(page(state) / 2), false),
        Action::PageUp => travel(state, view, page(state), false),
        Action::PageDown => travel(state, view, -page(state), false),
        Action::Top => travel(state, view, isize::MAX, true),
        Action::Bottom => travel(state, view, -isize::MAX, true),
        Action::Center => state.cursor = None,
        Action::GroupWider => regroup(state, view, true),
        Action::GroupFiner => regroup(state, view, false),
        // These are for the list of alerts, for portfolios and for the treasury.
        Action::Snooze | Action::Base | Action::Method | Action::Filter | Action::SortBy | Action::SortWay => {}
        Action::Columns | Action::NextPortfolio | Action::PreviousPortfolio | Action::Ledger => {}
        Action::Review | Action::Approve | Action::Reject | Action::Export | Action::ShowQr | Action::Import => {}
        Action::Finalise | Action::Broadcast | Action::Coins | Action::Label | Action::Freeze | Action::Sync => {}
        Action::Receive | Action::ConfirmAddress | Action::SignOnDevice => {}
        Action::Post | Action::Propose | Action::Supplant => {}
        Action::NextInterval => state.settings.interval = state.settings.interval.longer(),
        Action::PreviousInterval => state.settings.interval = state.settings.interval.shorter(),
    }
    vec![]
}

/// Turns to a workspace, with all its panes.
pub fn turn_to(state: &mut State, workspace: Workspace) {
    state.settings.layout.workspace = workspace;
    state.settings.layout.zoomed = false;
}

/// The workspace that the actions of a context are about, if it is one.
const fn home(context: Context) -> Option<Workspace> {
    match context {
        Context::Markets | Context::Watch | Context::Book | Context::Across | Context::Candles => {
            Some(Workspace::Markets)
        }
        Context::Portfolio => Some(Workspace::Portfolio),
        Context::Treasury => Some(Workspace::Treasury),
        Context::Global | Context::Alerts | Context::Replay | Context::Text => None,
    }
}

/// Carries out what was chosen from the palette.
pub fn carry_out(state: &mut State, view: &View, order: Order) -> Vec<Effect> {
    if matches!(order, Order::Interval(_) | Order::Group(_) | Order::Split(_) | Order::Watch(_)) {
        turn_to(state, Workspace::Markets);
    }
    match order {
        Order::Act(action) => return act(state, view, action),
        Order::Theme(name) => return use_theme(state, name),
        Order::Interval(interval) => state.settings.interval = interval,
        Order::Group(step) => group(state, view, step),
        Order::Split(size) => {
            state.across.size = size;
            if size.is_some() {
                state.set_focus(Pane::Venues);
            }
        }
        Order::Watch(place) => {
            show(state, Some(place.clone()));
            return vec![Effect::Command(Command::Watch(place))];
        }
        Order::Unwatch(place) => {
            if state.shown.as_ref() == Some(&place) {
                show(state, None);
            }
            return vec![Effect::Command(Command::Unwatch(place))];
        }
        Order::Resync => {
            let place = state.place(view).cloned();
            return place.map(|place| Effect::Command(Command::Resync(place))).into_iter().collect();
        }
        Order::Alert(rule) => return vec![Effect::Command(Command::Alert(AlertWish::Set(rule)))],
        Order::Replay(command) => return vec![Effect::Command(Command::Replay(command))],
        Order::Notices => {
            state.overlay = Some(Overlay::Notices { scroll: 0 });
            state.read_until = view.notices.last().map(|notice| notice.at).or(state.read_until);
        }
        Order::Type(verb) => state.overlay = Some(Overlay::Palette { field: Field::holding(verb), chosen: 0 }),
    }
    vec![]
}

/// Shows an instrument; the cursor belonged to the one before.
pub fn show(state: &mut State, place: Option<Place>) {
    if state.shown != place {
        state.cursor = None;
    }
    state.shown = place;
}

/// Closes what can be closed, the newest first: zoom, the cursor, then the notices.
fn back(state: &mut State, view: &View) {
    if state.settings.layout.zoomed {
        state.settings.layout.zoomed = false;
    } else if state.cursor.is_some() {
        state.cursor = None;
    } else {
        state.read_until = view.notices.last().map(|notice| notice.at).or(state.read_until);
    }
}

fn accept(state: &mut State) {
    if state.focus() == Pane::Watch {
        state.set_focus(Pane::Book);
    }
}

/// Shows the venues, or what was there before them.
fn venues(state: &mut State) {
    if state.focus() == Pane::Venues {
        state.settings.layout.below = Pane::Candles;
        state.set_focus(state.settings.layout.middle);
    } else {
        state.set_focus(Pane::Venues);
    }
}

fn net(state: &mut State, view: &View) {
    state.across.basis = match state.across.basis {
        Basis::Gross => Basis::Net,
        Basis::Net => Basis::Gross,
    };
    let live = view.across.iter().flat_map(|across| &across.quotes).filter(|quote| quote.absence.is_none());
    let unknown = live.filter(|quote| quote.fee.is_none()).map(|quote| quote.venue).next();
    if let (Basis::Net, Some(venue)) = (state.across.basis, unknown) {
        say(state, view, true, format!("no fee is known for {venue}: set fees.{venue} in the configuration"));
    }
}

fn turn(state: &mut State, by: isize) {
    let panes = Layout::reachable(state.workspace(), state.area());
    let at = panes.iter().position(|pane| *pane == state.focus()).unwrap_or(0);
    if let (Ok(count), Ok(at)) = (isize::try_from(panes.len()), isize::try_from(at))
        && count > 0
        && let Ok(next) = usize::try_from((at + by).rem_euclid(count))
        && let Some(pane) = panes.get(next)
    {
        state.set_focus(*pane);
    }
}

/// Moves the cursor of the focused pane, upwards when positive; to the end when `far`.
pub fn travel(state: &mut State, view: &View, by: isize, far: bool) {
    match state.focus() {
        Pane::Watch => step_instrument(state, view, by.saturating_neg(), false),
        Pane::Book | Pane::Depth | Pane::Across => move_cursor(state, view, by, far),
        Pane::Tape | Pane::Candles | Pane::Venues => {}
        pane if pane.workspace() == Workspace::Treasury => treasury::travel(state, view, by),
        _ => portfolio::travel(state, view, by),
    }
}

/// Lines of the focused pane.
fn page(state: &State) -> isize {
    let area = state.arrangement().and_then(|arrangement| arrangement.of(state.focus()));
    area.map_or(1, |area| isize::try_from(inside(area).height.saturating_sub(2)).unwrap_or(1).max(2))
}

fn step_instrument(state: &mut State, view: &View, by: isize, around: bool) {
    let Ok(count) = isize::try_from(view.watch.len()) else { return };
    if count == 0 {
        return;
    }
    let at = isize::try_from(watch::position(view, state.place(view))).unwrap_or(0);
    let next = match around {
        true => at.saturating_add(by).rem_euclid(count),
        false => at.saturating_add(by).clamp(0, count - 1),
    };
    let next = usize::try_from(next).ok().and_then(|next| view.watch.get(next));
    if let Some(watched) = next {
        show(state, Some(watched.place.clone()));
    }
}

/// The levels on the screen are one line from the farthest ask to the farthest bid; the cursor moves on it.
fn move_cursor(state: &mut State, view: &View, by: isize, far: bool) {
    let middle = state.settings.layout.middle;
    let inside = state.arrangement().and_then(|arrangement| arrangement.of(middle)).map(inside).unwrap_or_default();
    let (slots, rows) = match middle {
        Pane::Across => {
            (across::slots(inside), view.across.as_ref().map(|across| (across.asks.len(), across.bids.len())))
        }
        _ => {
            let book = view.focus.as_ref().map(|focus| &focus.book);
            (ladder::Slots::of(inside), book.map(|book| (book.asks.len(), book.bids.len())))
        }
    };
    let Some((asks, bids)) = rows else { return };
    let count = |side, rows: usize| isize::try_from(rows.min(usize::from(slots.on(side)))).unwrap_or(0);
    let (asks, bids) = (count(Side::Ask, asks), count(Side::Bid, bids));
    if asks + bids == 0 {
        return;
    }
    // 0 is the best ask, −1 the best bid.
    let at = state.cursor.map(|cursor| {
        let depth = isize::try_from(cursor.depth).unwrap_or(0);
        if cursor.side == Side::Ask { depth } else { -1 - depth }
    });
    let next = match at {
        Some(at) => at.saturating_add(by),
        // The first step goes to the nearest level of that direction, a leap to the end as far as asked.
        None if far => by,
        None if by > 0 => by - 1,
        None => by,
    };
    let next = next.clamp(-bids, asks - 1);
    let side = if next >= 0 { Side::Ask } else { Side::Bid };
    let depth = if next >= 0 { next } else { -1 - next };
    state.cursor = usize::try_from(depth).ok().map(|depth| Cursor { side, depth });
}

fn regroup(state: &mut State, view: &View, wider: bool) {
    let Some(focus) = &view.focus else { return };
    let unit = focus.book.precision.price_unit();
    let current = state.groups.get(&focus.place).copied();
    let limit = focus.book.mid.map_or(unit, |mid| mid.max(unit));
    let step = match wider {
        true => steps(unit).find(|step| Some(*step) > current.or(Some(unit))).filter(|step| *step <= limit).or(current),
        false => steps(unit).take_while(|step| Some(*step) < current).last(),
    };
    group(state, view, step.filter(|step| *step > unit));
}

/// 1, 2, 5, 10, … units.
fn steps(unit: Price) -> impl Iterator<Item = Price> {
    let mut ten = Some(Decimal::ONE);
    let tens = std::iter::from_fn(move || {
        let now = ten?;
        ten = now.checked_mul(Decimal::TEN);
        Some(now)
    });
    let steps = tens.flat_map(|ten| [1, 2, 5].map(|n| ten.checked_mul(Decimal::from(n))));
    steps.map_while(move |step| step?.checked_mul(unit.get())).map(|step| Price::new(step.normalize()))
}

fn group(state: &mut State, view: &View, step: Option<Price>) {
    let Some(place) = state.place(view).cloned() else { return };
    match step {
        Some(step) => state.groups.insert(place.clone(), step),
        None => state.groups.remove(&place),
    };
    state.shown = Some(place);
}

fn copy(state: &mut State, view: &View) -> Vec<Effect> {
    let focus = view.focus.as_ref();
    let symbol = || state.place(view).map(|place| place.symbol.to_string());
    let text = match state.focus() {
        Pane::Watch | Pane::Venues => symbol(),
        Pane::Across => {
            let row = state.cursor.and_then(|cursor| across::row_at(view.across.as_ref()?, cursor));
            row.map(|row| plain(row.price.get())).or_else(symbol)
        }
        Pane::Book | Pane::Depth => {
            let row = state.cursor.and_then(|cursor| ladder::row_at(&focus?.book, cursor));
            row.map(|row| plain(row.level.price.get())).or_else(symbol)
        }
        Pane::Tape => focus.and_then(|focus| focus.trades.first()).map(|trade| plain(trade.price.get())),
        Pane::Candles => focus.and_then(|focus| focus.candles.first()).map(|candle| plain(candle.close.get())),
        _ => None,
    };
    match text {
        Some(text) => vec![Effect::Copy(text)],
        None => {
            say(state, view, true, "there is nothing to copy here");
            vec![]
        }
    }
}

fn remove(state: &mut State, view: &View) -> Vec<Effect> {
    let Some(place) = state.place(view).cloned() else { return vec![] };
    let at = watch::position(view, Some(&place));
    let next = view.watch.get(at + 1).or_else(|| view.watch.get(at.checked_sub(1)?));
    show(state, next.map(|watched| watched.place.clone()));
    vec![Effect::Command(Command::Unwatch(place))]
}

fn next_theme(state: &mut State) -> Vec<Effect> {
    let themes = &state.settings.themes;
    let at = themes.iter().position(|theme| *theme == state.settings.theme);
    let next = at.and_then(|at| themes.get(at + 1)).or(themes.first()).cloned();
    next.map_or(vec![], |name| use_theme(state, name))
}

fn use_theme(state: &mut State, name: String) -> Vec<Effect> {
    state.settings.theme.clone_from(&name);
    let set = Command::Set { key: THEME.to_owned(), value: name.clone() };
    vec![Effect::Theme(name), Effect::Command(set)]
}

fn save(state: &mut State, view: &View) -> Vec<Effect> {
    match toml::to_string(&state.settings.layout) {
        Ok(value) => vec![Effect::Command(Command::Set { key: LAYOUT.to_owned(), value })],
        Err(error) => {
            say(state, view, true, format!("the layout cannot be written: {error}"));
            vec![]
        }
    }
}

/// Speeds that a key steps through, in hundredths.
const SPEEDS: [u32; 8] = [25, 50, 100, 200, 400, 1_000, 10_000, 100_000];

fn steer(replay: &Replay, action: Action) -> Option<Effect> {
    let leap = i64::try_from(replay.length / 20).unwrap_or(i64::MAX).max(1);
    let command = match action {
        Action::Pause => Steer::TogglePause,
        Action::Step => Steer::Step,
        Action::SeekBack => Steer::Seek(-leap),
        Action::SeekForward => Steer::Seek(leap),
        _ => Steer::Speed(match (replay.speed, action == Action::Faster) {
            (Speed::Max, true) => return None,
            (Speed::Max, false) => Speed::Percent(*SPEEDS.last()?),
            (Speed::Percent(now), true) => SPEEDS.into_iter().find(|s| *s > now).map_or(Speed::Max, Speed::Percent),
            (Speed::Percent(now), false) => Speed::Percent(SPEEDS.into_iter().rev().find(|s| *s < now)?),
        }),
    };
    Some(Effect::Command(Command::Replay(command)))
}
