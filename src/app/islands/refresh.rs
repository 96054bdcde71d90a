//! Asks for the page again and takes over what has changed in it.

use super::morph::morph;
use leptos::prelude::{document, window};
use leptos::task::spawn_local;
use leptos::wasm_bindgen::{JsCast, JsValue};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomParser, Response, SupportedType};

/// One refresh at a time, and one more when it was asked for meanwhile. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Refresher {
    state: Rc<Cell<State>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Busy,
    /// Asked for again.
    Again,
}

/// The page is not asked for more often than this, in milliseconds; a page that is slow to come
/// is asked for less often, so that many who look do not make it slower.
const PAUSE: i32 = 700;
const TIMES: f64 = 8.0;

impl Refresher {
    /// Brings the page up to date, unless nobody is looking at it. What fails now may go well
    /// the next time.
    pub(super) fn refresh(&self) {
        if document().hidden() {
            return;
        }
        if self.state.get() != State::Idle {
            self.state.set(State::Again);
            return;
        }
        self.state.set(State::Busy);
        let this = self.clone();
        spawn_local(async move {
            loop {
                let begun = now();
                let _ = refresh().await;
                let took = (now() - begun) * TIMES;
                #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a fetch")]
                let _ = sleep(PAUSE.max(took as i32)).await;
                if this.state.replace(State::Busy) != State::Again {
                    break;
                }
            }
            this.state.set(State::Idle);
        });
    }
}

fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

async fn sleep(milliseconds: i32) -> Result<(), JsValue> {
    let slept = web_sys::js_sys::Promise::new(&mut |resolve, _| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds);
    });
    JsFuture::from(slept).await.map(drop)
}

async fn refresh() -> Result<(), JsValue> {
    let address = window().location().href()?;
    let answer = JsFuture::from(window().fetch_with_str(&address)).await?;
    let answer: Response = answer.dyn_into()?;
    if answer.redirected() {
        // To sign in, as a rule: what is shown here may be no longer theirs to see.
        return window().location().reload();
    }
    if !answer.ok() {
        return Ok(());
    }
    let text = JsFuture::from(answer.text()?).await?;
    let page = DomParser::new()?
        .parse_from_string(&text.as_string().unwrap_or_default(), SupportedType::TextHtml)?;
    if window().location().href()? != address {
        return Ok(());
    }
    if let (Some(old), Some(new)) = (
        document().get_element_by_id("main"),
        page.get_element_by_id("main"),
    ) {
        morph(&old, &new)?;
    }
    Ok(())
}
