//! Changes what people make of an issue: the step, who works on it, tags, the ticket, a note.

use super::issue::{named, people_of};
use crate::api::issue::Wish;
use crate::domain::account::Viewer;
use crate::domain::ids::UserId;
use crate::domain::issue::triage::{Growth, Move, Person, State, Triage};
use crate::domain::issue::{Issue, IssueId, mention};
use crate::error::AppError;
use crate::server::context::{self, go};
use crate::server::store::{self, Account, Deed, IssueChange};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

/// Longest note, in characters.
const NOTE_MAX: usize = 2000;
/// Longest tag, in characters.
const TAG_MAX: usize = 40;
/// Longest address of a ticket, in characters.
const TICKET_MAX: usize = 500;
/// Longest time that an issue may be ignored, in days.
const DAYS_MAX: i64 = 730;

/// Changes what people make of an issue in the caller's scope.
pub async fn triage(viewer: &Viewer, id: &IssueId, wish: &Wish) -> Result<(), AppError> {
    let state = context::state()?;
    let found = state.store.find_issue(&viewer.scope(), id).await?;
    let (issue, _) = found.ok_or_else(|| AppError::not_found("issue"))?;
    let now = state.clock.now();
    let before = &issue.triage;
    if before.version != wish.version {
        return Err(elsewhere());
    }
    let mut after = before.clone();
    let mut told = Vec::<(&str, String)>::new();
    let step = step(before.state, wish)?;
    if let Some(step) = step {
        after.step(step);
        if step == Move::Ignore {
            after.until = until(&wish.until, now)?;
            after.growth = growth(&wish.growth, &issue)?;
        }
        told.push(("issue.state", said(step, &after)));
    }
    let users = state.store.list_users().await?;
    let people = people_of(&users, &issue);
    after.assignee = assignee(&people, &wish.assignee)?;
    if after.assignee != before.assignee {
        let name = after.assignee.as_ref().map_or("nobody", |person| &*person.name);
        told.push(("issue.assign", format!("assigned it to {name}")));
    }
    after.tags = tags(&wish.tags)?;
    if after.tags != before.tags {
        let what = if after.tags.is_empty() {
            "took its tags away".to_owned()
        } else {
            format!("tagged it {}", after.tags.join(", "))
        };
        told.push(("issue.tag", what));
    }
    after.ticket = ticket(&wish.ticket)?;
    if after.ticket != before.ticket {
        let what = match &after.ticket {
            Some(ticket) => format!("linked it to {ticket}"),
            None => "took its ticket away".to_owned(),
        };
        told.push(("issue.ticket", what));
    }
    let note = wish.note.trim();
    if note.chars().count() > NOTE_MAX {
        return Err(AppError::invalid(
            "note",
            format!(
                "A note has up to {NOTE_MAX} characters; this has {}.",
                note.chars().count()
            ),
        ));
    }
    if !note.is_empty() {
        told.push(("issue.note", format!("noted: {note}")));
    }
    after.ask(&viewer.id, asked(note, &users, &people)?);
    if told.is_empty() {
        return Err(AppError::invalid(
            "note",
            "Nothing has changed: choose a step, somebody to work on it, tags or a ticket, or write a note.",
        ));
    }
    if step.is_none() {
        after.version += 1;
    }
    let deeds = told
        .into_iter()
        .map(|(action, what)| {
            let object = format!("issue:{id}");
            Deed::of(viewer, action, object, Some(issue.partner.clone()), what, now)
        })
        .collect();
    let change = IssueChange {
        seen: wish.version,
        step,
        after,
        deeds,
    };
    match state.store.rule_on_issue(&viewer.scope(), id, &change).await {
        Err(store::Error::Conflict { .. }) => Err(elsewhere()),
        Err(error) => Err(error.into()),
        Ok(()) => {
            // Another address than that of the form, so that a script reads it anew.
            go(&format!("/issues/{id}?saved={}", change.after.version));
            Ok(())
        }
    }
}

/// Whom a note asks. Names are those of all of ours, so that nobody is taken for another; who may
/// not see the partner cannot be asked.
fn asked(note: &str, users: &[Account], people: &[(String, String)]) -> Result<Vec<Person>, AppError> {
    let ours: Vec<Person> = named(users, |_| true).into_iter().map(person).collect();
    let asked =
        mention::asked(note, &ours).map_err(|nobody| AppError::invalid("note", nobody.to_string()))?;
    let may_not = |one: &&Person| people.iter().all(|(id, _)| *id != *one.id.as_str());
    match asked.iter().find(may_not) {
        Some(one) => Err(AppError::invalid(
            "note",
            mention::Nobody(one.name.clone()).to_string(),
        )),
        None => Ok(asked),
    }
}

fn elsewhere() -> AppError {
    AppError::conflict(
        "Somebody else, or a delivery, has changed this issue meanwhile. Look at it again and repeat what is still to be done.",
    )
}

fn step(from: State, wish: &Wish) -> Result<Option<Move>, AppError> {
    if wish.step.is_empty() {
        return Ok(None);
    }
    let step = Move::parse(&wish.step)
        .ok_or_else(|| AppError::invalid("step", format!("“{}” is no step of an issue.", wish.step)))?;
    if from.allows(step) {
        Ok(Some(step))
    } else {
        Err(AppError::conflict(format!(
            "This issue is {} and “{}” is no step from there.",
            from.label(),
            step.label()
        )))
    }
}

/// What a step did, as a sentence without its subject.
fn said(step: Move, after: &Triage) -> String {
    match step {
        Move::Acknowledge => "acknowledged it".to_owned(),
        Move::Wait => "set it to wait on the partner".to_owned(),
        Move::Resolve => "resolved it".to_owned(),
        Move::Ignore => {
            let until = after
                .until
                .map(|until| format!(" until {}", until.format("%-d %B %Y")))
                .unwrap_or_default();
            let growth = after
                .growth
                .map(|growth| format!(" unless it grows by more than {} %", growth.percent))
                .unwrap_or_default();
            format!("ignored it{until}{growth}")
        }
        Move::Reopen | Move::Recur | Move::Wake => "opened it again".to_owned(),
    }
}

fn until(text: &str, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, AppError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_err(|_| AppError::invalid("until", format!("“{text}” is no day; write it as 2026-12-31.")))?;
    let at = day.and_time(NaiveTime::MIN).and_utc();
    if at <= now || at > now + TimeDelta::days(DAYS_MAX) {
        return Err(AppError::invalid(
            "until",
            format!("{text} is not between tomorrow and {DAYS_MAX} days from now."),
        ));
    }
    Ok(Some(at))
}

fn growth(text: &str, issue: &Issue) -> Result<Option<Growth>, AppError> {
    let text = text.trim().trim_end_matches('%').trim_end();
    if text.is_empty() {
        return Ok(None);
    }
    let percent = text.parse().ok().filter(|percent| (1..=10_000).contains(percent));
    let percent = percent.ok_or_else(|| {
        AppError::invalid(
            "growth",
            format!("“{text}” is no growth; write a whole number of per cent from 1 to 10000."),
        )
    })?;
    Ok(Some(Growth {
        percent,
        from: issue.last.as_ref().map_or(0, |last| last.records),
    }))
}

pub(super) fn assignee(people: &[(String, String)], id: &str) -> Result<Option<Person>, AppError> {
    if id.is_empty() {
        return Ok(None);
    }
    let found = people.iter().find(|(account, _)| account == id);
    let found = found.ok_or_else(|| {
        AppError::invalid("assignee", "There is no such account that may see this partner.")
    })?;
    Ok(Some(person(found.clone())))
}

fn person((id, name): (String, String)) -> Person {
    Person {
        id: UserId::new(id),
        name,
    }
}

fn tags(text: &str) -> Result<Vec<String>, AppError> {
    let mut tags: Vec<String> = text
        .split(',')
        .map(|tag| tag.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|tag| !tag.is_empty())
        .collect();
    tags.sort_unstable();
    tags.dedup();
    if tags.len() > Triage::TAGS {
        return Err(AppError::invalid(
            "tags",
            format!(
                "An issue has up to {} tags; these are {}.",
                Triage::TAGS,
                tags.len()
            ),
        ));
    }
    if let Some(long) = tags.iter().find(|tag| tag.chars().count() > TAG_MAX) {
        return Err(AppError::invalid(
            "tags",
            format!("“{long}” is longer than {TAG_MAX} characters."),
        ));
    }
    Ok(tags)
}

fn ticket(text: &str) -> Result<Option<String>, AppError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let is_link = reqwest::Url::parse(text)
        .is_ok_and(|url| url.scheme() == "https" && url.has_host() && url.username().is_empty());
    if is_link && text.chars().count() <= TICKET_MAX {
        Ok(Some(text.to_owned()))
    } else {
        Err(AppError::invalid(
            "ticket",
            format!(
                "“{text}” is no address of a ticket; one begins with https:// and has up to {TICKET_MAX} characters."
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_an_https_address_and_never_a_script() {
        assert!(ticket("https://tickets.example.com/4").is_ok_and(|t| t.is_some()));
        for bad in [
            "javascript:alert(1)",
            "http://tickets.example.com",
            "https://a:b@evil.example",
            "4711",
        ] {
            assert!(ticket(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tags_are_each_kept_once_in_order() {
        assert_eq!(tags(" b , a,,a  c , b").expect("tags"), ["a", "a c", "b"]);
        assert!(tags(" , ").expect("none").is_empty());
        assert!(tags("0,1,2,3,4,5,6,7,8,9,10").is_err(), "these are eleven");
    }

    #[test]
    fn an_issue_is_ignored_until_a_day_that_is_to_come() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        assert!(until("2027-01-01", now).is_err(), "that is past");
        assert!(until("2027-06-01", now).is_ok_and(|day| day.is_some()));
        for bad in ["soon", "01.06.2027", "2099-01-01"] {
            assert!(until(bad, now).is_err(), "{bad}");
        }
    }
}
