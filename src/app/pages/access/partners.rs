//! Lists the partners, and lets their records be edited or not.

use crate::api::access::{PartnerAccess, SetEdits};
use crate::app::components::states::{Notice, Tone};
use crate::app::components::table::{Table, text};
use crate::app::link;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// The card.
pub(super) fn card(partners: Vec<PartnerAccess>, set: ServerAction<SetEdits>) -> AnyView {
    let failed = move || {
        let refused = set.value().get().and_then(Result::err);
        refused.map(|error| view! { <Notice tone=Tone::Bad>{error.to_string()}</Notice> })
    };
    let columns = vec![text("Partner"), text("Its held records"), text("Edits")];
    let rows: Vec<_> = partners.into_iter().map(|partner| row(partner, set)).collect();
    view! {
        <section class="card access" aria-labelledby="partners">
            <h2 id="partners">"Partners"</h2>
            <p class="hint">
                "Where edits are switched off, held records of a partner can be replayed as they are, discarded and taken back, "
                "but nobody changes what is in them: it is the partner's to mend."
            </p>
            {failed}
            <Table caption="Partners" columns rows/>
        </section>
    }
    .into_any()
}

fn row(partner: PartnerAccess, set: ServerAction<SetEdits>) -> AnyView {
    let (says, other, label) = if partner.edits_off {
        ("are not edited", "on", "Let them be edited")
    } else {
        ("may be edited by staff", "off", "Switch edits off")
    };
    let named = format!("{label}: {}", partner.name);
    view! {
        <tr>
            <th scope="row">
                <a href=link::partner(&partner.id).href()>{partner.name.clone()}</a>
            </th>
            <td class=if partner.edits_off { "" } else { "muted" }>{says}</td>
            <td>
                <ActionForm action=set>
                    <input type="hidden" name="partner" value=partner.id.to_string()/>
                    <button name="edits" value=other aria-label=named>
                        {label}
                    </button>
                </ActionForm>
            </td>
        </tr>
    }
    .into_any()
}
