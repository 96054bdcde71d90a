//! stub
pub(super) fn readable(_r: &crate::domain::report::Report) -> String {
    String::new()
}
