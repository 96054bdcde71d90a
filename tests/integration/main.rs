//! Proves feedgate on the real parts: its own router, files as partners send them, a real mongod.

// What the tests stand on; no tests in it.
mod support;

// The private mongod: starts, is shared, is inherited, and never blocks the next start.
mod embedded;
