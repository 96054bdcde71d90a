//! Signs people in and out.

use crate::domain::account::Viewer;
use crate::domain::format::url_value;
use crate::error::AppError;
use crate::server::auth;
use crate::server::context::{self, go};
use crate::server::store::Deed;

/// Who is signed in.
#[expect(clippy::unused_async, reason = "a server function's body")]
pub async fn current() -> Result<Option<Viewer>, AppError> {
    Ok(context::caller())
}

/// Signs in and goes on to `next`, when that is a path of this site, or home.
pub async fn sign_in(email: &str, password: &str, next: &str) -> Result<(), AppError> {
    let state = context::state()?;
    let session = context::session()?;
    let Some(viewer) = auth::sign_in(&state.store, &session, email, password.to_owned()).await? else {
        let refusal = AppError::invalid(
            "password",
            "No account has this address and password. Check both and try again.",
        );
        if context::is_plain_form() {
            // The redirect that leptos writes for a refused form would lose what was typed.
            go(&format!(
                "/sign-in?refused=1&email={}&next={}",
                url_value(email),
                url_value(next)
            ));
            return Ok(());
        }
        return Err(refusal);
    };
    let what = "signed in".to_owned();
    let object = format!("user:{}", viewer.id);
    let deed = Deed::of(
        &viewer,
        "session.sign_in",
        object,
        viewer.partners.first().cloned(),
        what,
        state.clock.now(),
    );
    state.store.insert_deed(&deed).await?;
    go(&if is_own_path(next) && next != "/" {
        next.to_owned()
    } else {
        viewer.home()
    });
    Ok(())
}

/// Signs out and goes to the sign-in page.
pub async fn sign_out() -> Result<(), AppError> {
    auth::sign_out(&context::session()?).await?;
    if let Some(viewer) = context::caller() {
        let state = context::state()?;
        let object = format!("user:{}", viewer.id);
        let partner = viewer.partners.first().cloned();
        let deed = Deed::of(
            &viewer,
            "session.sign_out",
            object,
            partner,
            "signed out".to_owned(),
            state.clock.now(),
        );
        state.store.insert_deed(&deed).await?;
    }
    go("/sign-in");
    Ok(())
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
