//! Says what went wrong, as RFC 9457 has programs read it.

use crate::error::AppError;
use crate::server::intake::Refused;
use crate::server::store;
use crate::server::trial;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Why a request was not answered as asked.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    /// After how many seconds to try again.
    again: u32,
    code: Option<&'static str>,
    detail: String,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            again: 10,
            code: None,
            detail: detail.into(),
        }
    }

    /// 400: what the request says of itself cannot be read.
    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 401: no token, or one that is nobody's.
    pub(super) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "This needs a token that is valid, sent as “Authorization: Bearer fg_…”. Whoever runs feedgate makes one \
             with `feedgate token add`.",
        )
    }

    /// 403: the token is valid and does not allow this.
    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// 413: more than is taken at once.
    pub(super) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// 415: it does not say in which form it comes, or in one that is not read.
    pub(super) fn unsupported(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
    }

    /// 404: it does not exist, or it is not the caller's; the two look the same.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is no such {what}."))
    }

    /// 405: the address is right and the verb is not.
    pub(super) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "This address does not answer to this method; /api/v1/openapi.json says which it answers to.",
        )
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self {
            again: error.retry_after().unwrap_or(10),
            ..Self::new(status, error.to_string())
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        AppError::from(error).into()
    }
}

impl From<trial::Error> for Problem {
    fn from(error: trial::Error) -> Self {
        match error {
            trial::Error::Refused(refused) => refused.into(),
            other => AppError::from(other).into(),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TooLarge(_) => Self {
                code: Some("FILE_TOO_LARGE"),
                ..Self::new(StatusCode::PAYLOAD_TOO_LARGE, refused.to_string())
            },
            Refused::Broken(_) => Self {
                code: Some("FILE_TRUNCATED"),
                ..Self::new(StatusCode::BAD_REQUEST, refused.to_string())
            },
            Refused::Changed { .. } => Self {
                code: Some("FILE_DIGEST"),
                ..Self::new(StatusCode::BAD_REQUEST, refused.to_string())
            },
            Refused::GoesOut(_) => Self::new(StatusCode::CONFLICT, refused.to_string()),
            Refused::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
        };
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut response = (self.status, text).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(self.again));
            }
            _ => {}
        }
        response
    }
}
