//! Signs people in and out.

use crate::domain::account::{self, Viewer};
use crate::domain::format::url_value;
use crate::domain::ids::PartnerId;
use crate::error::AppError;
use crate::server::auth::{self, SignedIn};
use crate::server::context::{self, AppState, go};
use crate::server::store::Deed;
use chrono::{DateTime, TimeDelta, Utc};

/// Who is signed in.
#[expect(clippy::unused_async, reason = "a server function's body")]
pub async fn current() -> Result<Option<Viewer>, AppError> {
    Ok(context::caller())
}

/// Signs in and goes on to `next`, when that is a path of this site, or home.
pub async fn sign_in(email: &str, password: &str, next: &str) -> Result<(), AppError> {
    let state = context::state()?;
    let session = context::session()?;
    let now = state.clock.now();
    let password = password.to_owned();
    let came = auth::sign_in(&state.store, &session, &context::origin(), email, password, now).await?;
    let (refusal, wait) = match came {
        SignedIn::As(viewer) => return welcome(&state, viewer, next).await,
        SignedIn::No => (
            AppError::invalid(
                "password",
                "No account has this address and password. Check both and try again.",
            ),
            0,
        ),
        SignedIn::Wait { left, closed } => {
            let refusal = wait(&state, left, closed, now).await?;
            let seconds = refusal.retry_after().unwrap_or_default();
            (refusal, seconds)
        }
    };
    if context::is_plain_form() {
        // The redirect that leptos writes for a refused form would lose what was typed.
        let (email, next) = (url_value(email), url_value(next));
        go(&format!(
            "/sign-in?refused=1&wait={wait}&email={email}&next={next}"
        ));
        return Ok(());
    }
    Err(refusal)
}

/// What somebody is told who has tried too often; the first time it is written down.
pub(super) async fn wait(
    state: &AppState,
    left: TimeDelta,
    closed: Option<Viewer>,
    now: DateTime<Utc>,
) -> Result<AppError, AppError> {
    if let Some(viewer) = closed {
        let deed = Deed {
            actor_id: None,
            actor_name: "somebody".to_owned(),
            ..deed(
                &viewer,
                "session.refuse",
                "tried too many passwords of this account",
                now,
            )
        };
        state.store.insert_deed(&deed).await?;
    }
    let seconds = u32::try_from(left.num_seconds().max(1)).unwrap_or(u32::MAX);
    let message = account::too_many_tries(seconds);
    Ok(AppError::Throttled { message, seconds })
}

async fn welcome(state: &AppState, viewer: Viewer, next: &str) -> Result<(), AppError> {
    let deed = deed(&viewer, "session.sign_in", "signed in", state.clock.now());
    state.store.insert_deed(&deed).await?;
    go(&if is_own_path(next) && next != "/" {
        next.to_owned()
    } else {
        viewer.home()
    });
    Ok(())
}

/// What somebody did with their own account.
pub(super) fn deed(viewer: &Viewer, action: &str, what: &str, now: DateTime<Utc>) -> Deed {
    let object = format!("user:{}", viewer.id);
    let partner = viewer.partners.first().cloned();
    Deed::of(viewer, action, object, partner, what.to_owned(), now)
}

/// Signs out and goes to the sign-in page.
pub async fn sign_out() -> Result<(), AppError> {
    auth::sign_out(&context::session()?).await?;
    if let Some(viewer) = context::caller() {
        let state = context::state()?;
        let deed = deed(&viewer, "session.sign_out", "signed out", state.clock.now());
        state.store.insert_deed(&deed).await?;
    }
    go("/sign-in");
    Ok(())
}

/// Looks on as a partner in the caller's scope does.
pub async fn view_as(viewer: &Viewer, partner: &PartnerId) -> Result<(), AppError> {
    let state = context::state()?;
    let found = state.store.find_partner(&viewer.scope(), partner).await?;
    let partner = found.ok_or_else(|| AppError::not_found("partner"))?;
    auth::look_as(&context::session()?, Some(&partner.id)).await?;
    let home = viewer.clone().looking_as(partner.id.clone()).home();
    let deed = as_partner(
        viewer,
        "session.view_as",
        "began to look on as the partner does",
        partner.id,
        &state,
    );
    state.store.insert_deed(&deed).await?;
    go(&home);
    Ok(())
}

/// Is oneself again.
pub async fn end_view(viewer: &Viewer) -> Result<(), AppError> {
    let state = context::state()?;
    let (Some(_), Some(partner)) = (viewer.guise, viewer.partners.first()) else {
        return Err(AppError::conflict("You look at feedgate as yourself already."));
    };
    auth::look_as(&context::session()?, None).await?;
    let deed = as_partner(
        viewer,
        "session.end_view",
        "was themselves again",
        partner.clone(),
        &state,
    );
    state.store.insert_deed(&deed).await?;
    go(&format!("/partners/{}", url_value(partner.as_str())));
    Ok(())
}

fn as_partner(viewer: &Viewer, action: &str, what: &str, partner: PartnerId, state: &AppState) -> Deed {
    let object = format!("user:{}", viewer.id);
    let what = format!("{what}: {partner}");
    Deed::of(viewer, action, object, Some(partner), what, state.clock.now())
}

/// Whether `next` is a path of this site and cannot lead to another.
fn is_own_path(next: &str) -> bool {
    next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.contains(|c: char| c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_never_leads_to_another_site() {
        for bad in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "/a\nb",
            "",
        ] {
            assert!(!is_own_path(bad), "{bad}");
        }
        assert!(is_own_path("/quarantine?partner=a"));
    }
}
