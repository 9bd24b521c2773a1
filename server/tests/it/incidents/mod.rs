//! Incidents: opened once, acted on by people who do not get in each other's way, told to others without losing a word.

mod acting;
mod again;
mod calendar;
mod imported;
mod messages;
mod opening;
mod postmortem;
mod proposed;
mod room;
mod status;
mod targets;
mod timeline;
