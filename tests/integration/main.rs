//! Proves feedgate on the real parts: its own router, files as partners send them, a real mongod.

// What the tests stand on; no tests in it.
mod support;

// The demo: up, down, up again, and killed; nothing of it stays behind.
mod demo;

// The private mongod: starts, is shared, is inherited, and never blocks the next start.
mod embedded;

// What happens to a delivery, without a page in sight.
mod pipeline;

// Lists of held records, and what they say they have, against a count by hand.
mod extents;

// What is looked for in held records, and how far a search may go.
mod search;

// What a partner is shown, with another partner and without.
mod isolation;

// Issues against the log and the quarantine, and what people make of them.
mod issues;

// What is done to issues and records as a team: who works on what, and whose records nobody edits.
mod team;

// What staff type for a held record.
mod typing;

// Requests that are answered at the same time, and have nothing to do with each other.
mod together;

// Files on their way in: received, queued, and what the worker makes of them.
mod intake;

// Every server function against every role, from one table; nobody sees what is not theirs.
mod rights;

// Every page, download and route against everybody, from one table.
mod routes;

// What somebody might try who means harm.
mod attacks;

// Who gets in, who stays in, and who looks after that.
mod access;

// A partner's report, against what was sent.
mod report;

// Pages and forms as a browser without a script sees them.
mod pages;

// Held deliveries, and what people decide about them.
mod ruling;

// The contract of one feed as people set it.
mod contract;

// Where the gates of one feed stand, as people set it.
mod gates;

// The profile of one feed as people write it.
mod profile;
// Pages that were drawn a moment ago, and when they are drawn anew.
mod ready;

// Open pages are told of what comes, each of what is its own.
mod live;
mod mail;

// The rule book as people read it.
mod rules;

// Every code of the rule book, triggered and just not triggered; no database.
mod book;

// MongoDB goes away and comes back.
mod away;

// The commands as scripts use them: exit codes, JSON, help.
mod cli;

// The categories that an operator names.
mod taxonomy;

// The README says what the program says.
mod readme;

// The same content in every format, encoding and packing.
mod formats;

// What two real shops sent, accidents among it, file by file.
mod history;

// Catalogues as real shops publish them, where the folder is there.
mod real_feeds;

// The figures of charts are what the log adds up to, whatever happens to who adds them up.
mod rollups;

// Every number on the overview, a partner's and a delivery's page, counted in MongoDB.
mod figures;

// What happened to feeds and their files, marked in charts.
mod happenings;

// Charts as they look, as pictures that lie beside the test.
mod pictures;

// Pages about a stretch of time: what they say, against what the log says.
mod stretches;

// Everything received is accounted for, and what is not is named.
mod reconciliation;

// Reasons, exports, the heat map and files of all of it, against what the log says.
mod answers;
