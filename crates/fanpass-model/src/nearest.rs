//! What was presumably meant by a name that is not known.

/// Whichever of `known` is closest to `text` in spelling, if one is close enough to be a slip: in one character of three, and
/// one more. Each is given as it is spelled, with what is given back for it; of two as close the lesser.
///
/// ```
/// let known = ["gold", "silver"].map(|name| (name, name));
/// assert_eq!(fanpass_model::nearest("glod", known), Some("gold"));
/// assert_eq!(fanpass_model::nearest("bronze", known), None);
/// ```
pub fn nearest<'a, T: Ord>(text: &str, known: impl IntoIterator<Item = (&'a str, T)>) -> Option<T> {
    let slip = text.chars().count() / 3 + 1;
    known
        .into_iter()
        .map(|(spelled, known)| (strsim::osa_distance(spelled, text), known))
        .filter(|(distance, _)| *distance <= slip)
        .min()
        .map(|(_, known)| known)
}
