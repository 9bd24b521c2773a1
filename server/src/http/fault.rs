//! Everything that can go wrong with a request, as a page that says what happened and what to do. Details of the
//! machine stay in the log.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gantry_app::features::error::model::Model;
use gantry_domain::actor::Role;
use uuid::Uuid;

use crate::store::StoreError;

/// Why a request was not answered with what it asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is nothing at this address.
    NotFound,
    /// The address does not take this method.
    WrongMethod,
    /// A signed-in person is needed.
    SignedOut,
    /// A higher role is needed.
    RoleTooLow(Role),
    /// A form that was not on one of our pages.
    ForeignOrigin,
    /// More than a form can hold.
    TooLarge,
    /// The form cannot be read.
    BadForm(&'static str),
    /// The data came too slowly.
    TooSlow,
    /// Postgres is away. Nothing was done.
    Away,
    /// Postgres went away while saving: nobody knows.
    Uncertain,
    /// Making the answer took longer than anybody is kept waiting. What had begun goes on, a transaction also to its end.
    TooLong {
        /// Whether it was asked to change something.
        changes: bool,
    },
    /// A mistake of the program; the number is in the log.
    Broken(Uuid),
}

impl Fault {
    /// A fault of the program, logged here and nowhere else.
    pub fn broken(error: &(dyn std::error::Error + 'static)) -> Self {
        let number = Uuid::new_v4();
        tracing::error!(%number, error = %Chain(error), "a request failed");
        Self::Broken(number)
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::RoleTooLow(_) | Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BadForm(_) => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Away | Self::Uncertain => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooLong { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the page says.
    pub fn model(&self) -> Model {
        let (title, what, next_step) = match self {
            Self::NotFound => (
                "No such page",
                "There is nothing at this address.".to_owned(),
                "Check the address, or begin at the list of go-lives.",
            ),
            Self::WrongMethod => (
                "Not like this",
                "This address cannot be used in this way.".to_owned(),
                "Go back to the page and use its buttons.",
            ),
            Self::SignedOut => (
                "Signed out",
                "Your session has ended, so nothing was saved.".to_owned(),
                "Sign in in another tab, then go back to this page: what you typed is still there.",
            ),
            Self::RoleTooLow(needed) => (
                "Not allowed",
                format!("Only {} may do this.", needed.with_article()),
                "Ask somebody who has that role, or an admin to change yours.",
            ),
            Self::ForeignOrigin => (
                "Refused",
                "This form was not sent from a page of Gantry, so nothing was done.".to_owned(),
                "Open the page in Gantry itself and send it from there.",
            ),
            Self::TooLarge => (
                "Too much text",
                "The form holds more than 64 KiB, so nothing was saved.".to_owned(),
                "Go back and shorten it; link to long texts instead.",
            ),
            Self::BadForm(what) => (
                "Not understood",
                format!("The form could not be read: {what}."),
                "Go back, reload the page and try again.",
            ),
            Self::TooSlow => (
                "Too slow",
                "The form did not arrive in time, so nothing was saved.".to_owned(),
                "Check your connection and send it again.",
            ),
            Self::Away => (
                "One moment",
                "The database cannot be reached at present. Nothing was saved, and nothing was lost."
                    .to_owned(),
                "Wait a few seconds and try again; this recovers by itself.",
            ),
            Self::Uncertain => (
                "One moment",
                "The database went away while saving, so it is not known whether this was saved.".to_owned(),
                "Wait a few seconds and send it again: the same form has its effect only once.",
            ),
            Self::TooLong { changes: true } => (
                "Not finished in time",
                "This took too long and was not waited for, so it is not known whether it took effect."
                    .to_owned(),
                "Look at the page before you do it again.",
            ),
            Self::TooLong { changes: false } => (
                "Not finished in time",
                "Making this page took too long and was given up. Nothing was changed.".to_owned(),
                "Wait a few seconds and try again.",
            ),
            Self::Broken(_) => (
                "Something broke",
                "Gantry made a mistake, and it has been noted.".to_owned(),
                "Try again. If it stays, give the reference to whoever runs Gantry.",
            ),
        };
        let reference = match self {
            Self::Broken(number) => Some(number.to_string()),
            _ => None,
        };
        Model {
            status: self.status().as_u16(),
            title: title.to_owned(),
            what,
            next_step: next_step.to_owned(),
            reference,
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Away(_) => {
                tracing::warn!(error = %Chain(&error), "the database is away");
                Self::Away
            }
            StoreError::Uncertain(_) => {
                tracing::error!(error = %Chain(&error), "a commit has an unknown outcome");
                Self::Uncertain
            }
            StoreError::Conflict(_) | StoreError::Unreadable(..) | StoreError::Broken(_) => {
                Self::broken(&error)
            }
        }
    }
}

impl IntoResponse for Fault {
    /// Only marks the answer; the page around it is made where the site is known.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if matches!(self, Self::Away | Self::Uncertain) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// An error with everything that caused it.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_too_long_is_neither_said_to_be_saved_nor_not_to_be_nor_laid_at_the_databases_door() {
        let model = Fault::TooLong { changes: true }.model();
        assert_eq!(model.status, 504);
        assert!(model.what.contains("took too long") && model.what.contains("not known"), "{}", model.what);
        assert!(!model.what.contains("database") && !model.what.contains("Nothing was"), "{}", model.what);
        assert!(model.next_step.contains("before you do it again"), "{}", model.next_step);
        let read = Fault::TooLong { changes: false }.model();
        assert!(read.what.contains("too long") && !read.what.contains("database"), "{}", read.what);
        assert!(read.next_step.contains("try again"), "{}", read.next_step);
    }
}
