//! Keeps whole answers ready for a moment, so that many who look at the same page cost one drawing.
//!
//! An answer is good for the session, the address and the encodings it was asked with, and for as
//! long as nothing has been written through this process and no news of deliveries has come, but
//! at most a second: what another process writes is seen then. Whoever asks for what is being
//! drawn already waits for that drawing. Only `http::ready` puts anything in here.

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer is good for.
pub const GOOD_FOR: Duration = Duration::from_secs(1);
/// Questions that are remembered; with more, those whose answer is no longer good go.
const QUESTIONS: usize = 256;
/// Largest answer that is kept, in bytes as sent.
pub const LARGEST: usize = 512 << 10;

/// What was asked: by whose session, for what, in which encodings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// The cookies as they were sent: who asks.
    pub cookies: Vec<u8>,
    /// Path and query.
    pub address: String,
    /// The encodings that the asker takes.
    pub encodings: Vec<u8>,
}

/// An answer as it went out.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, encoded as its headers say.
    pub body: Bytes,
}

/// What had been written, and what news had come, when an answer was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(u64);

#[derive(Debug)]
struct Kept {
    answer: Answer,
    version: Version,
    at: Instant,
}

/// One question's answer, and the leave to draw it.
#[derive(Debug, Default)]
pub struct Place {
    kept: Mutex<Option<Kept>>,
    /// Held by whoever draws it.
    pub drawing: tokio::sync::Mutex<()>,
}

/// The answers that are ready. Clones share them.
#[derive(Debug, Clone)]
pub struct Answers {
    places: Arc<Mutex<HashMap<Question, Arc<Place>>>>,
    version: Arc<AtomicU64>,
    good_for: Duration,
}

impl Answers {
    /// Keeps each answer for this long; for no time at all, every question is answered anew.
    pub fn new(good_for: Duration) -> Self {
        Self {
            places: Arc::default(),
            version: Arc::default(),
            good_for,
        }
    }

    /// Whether any answer is kept.
    pub fn keeps(&self) -> bool {
        !self.good_for.is_zero()
    }

    /// The version that an answer which is begun now will be of.
    pub fn version(&self) -> Version {
        Version(self.version.load(Ordering::SeqCst))
    }

    /// Something has been written or has come: what was answered before is no longer true.
    pub fn outdate(&self) {
        self.version.fetch_add(1, Ordering::SeqCst);
    }

    /// Where a question's answer is kept.
    pub fn place(&self, question: Question) -> Arc<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= QUESTIONS && !places.contains_key(&question) {
            places.retain(|_, place| Arc::strong_count(place) > 1 || self.find(place).is_some());
            if places.len() >= QUESTIONS {
                // All of them are good: this one is drawn for its asker alone.
                return Arc::default();
            }
        }
        Arc::clone(places.entry(question).or_default())
    }

    /// The answer that is kept there, while it is good.
    pub fn find(&self, place: &Place) -> Option<Answer> {
        let kept = place.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref()
            .filter(|kept| kept.version == self.version() && kept.at.elapsed() < self.good_for)
            .map(|kept| kept.answer.clone())
    }

    /// Keeps an answer that was begun at a version, unless it is too large.
    pub fn keep(&self, place: &Place, version: Version, at: Instant, answer: Answer) {
        let kept = (answer.body.len() <= LARGEST).then_some(Kept { answer, version, at });
        *place.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(address: usize) -> Question {
        Question {
            cookies: b"feedgate=a".to_vec(),
            address: format!("/?page={address}"),
            encodings: Vec::new(),
        }
    }

    fn answer(size: usize) -> Answer {
        Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::from(vec![b'x'; size]),
        }
    }

    #[test]
    fn an_answer_is_good_until_something_is_written_and_no_longer_than_it_may_be() {
        let answers = Answers::new(Duration::from_mins(1));
        let place = answers.place(question(1));
        assert!(answers.find(&place).is_none());
        let version = answers.version();
        answers.keep(&place, version, Instant::now(), answer(5));
        assert_eq!(answers.find(&place).expect("kept").body.len(), 5);
        answers.outdate();
        assert!(answers.find(&place).is_none(), "something was written");
        answers.keep(&place, version, Instant::now(), answer(5));
        assert!(answers.find(&place).is_none(), "it was begun before that");
        let old = Instant::now().checked_sub(Duration::from_mins(1));
        answers.keep(
            &place,
            answers.version(),
            old.expect("a clock that has run"),
            answer(5),
        );
        assert!(answers.find(&place).is_none(), "it is a minute old");
    }

    #[test]
    fn no_more_questions_and_no_larger_answers_are_remembered_than_is_said() {
        let answers = Answers::new(Duration::from_mins(1));
        for n in 0..QUESTIONS * 2 {
            let place = answers.place(question(n));
            answers.keep(&place, answers.version(), Instant::now(), answer(1));
        }
        assert_eq!(answers.places.lock().expect("a lock").len(), QUESTIONS);
        answers.outdate();
        let place = answers.place(question(usize::MAX));
        assert_eq!(
            answers.places.lock().expect("a lock").len(),
            1,
            "those that are no longer good have gone"
        );
        answers.keep(&place, answers.version(), Instant::now(), answer(LARGEST + 1));
        assert!(answers.find(&place).is_none());
    }
}
