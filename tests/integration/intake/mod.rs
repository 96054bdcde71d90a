//! Files on their way in: kept, queued, refused at the door, and gone when they are not needed.

mod api;
mod audit;
mod browser;
mod exported;
mod files;
mod jobs;
mod pictures;
mod pulls;
mod schedule;
mod tokens;
mod trial;
mod watched;
