//! Addresses of pages. Ids and names stand in the query, where they may be any text.

use form_urlencoded::Serializer;

/// The address of a page with parameters; those without a value are left out.
pub(super) fn link<'a>(path: &str, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut given = parameters.into_iter().filter(|(_, value)| !value.is_empty()).peekable();
    if given.peek().is_none() {
        return path.to_owned();
    }
    let start = path.len() + 1;
    Serializer::for_suffix(format!("{path}?"), start).extend_pairs(given).finish()
}

/// The page of a segment.
pub(super) fn segment(name: &str) -> String {
    link("/portal/segment", [("name", name)])
}

/// The page of an audience.
pub(super) fn audience(name: &str) -> String {
    link("/portal/audience", [("name", name)])
}

/// The page of an attribute.
pub(super) fn attribute(key: &str) -> String {
    link("/portal/attribute", [("key", key)])
}

/// The page of an import.
pub(super) fn import(id: &str) -> String {
    link("/portal/import", [("id", id)])
}

/// The page of a user.
pub(super) fn user(id: &str) -> String {
    link("/portal/user", [("id", id)])
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn any_text_can_stand_in_a_parameter() {
        assert_eq!(link("/portal", []), "/portal");
        assert_eq!(link("/p", [("a", ""), ("b", "")]), "/p");
        assert_eq!(link("/p", [("a", "x y&z=\"<é"), ("b", "..")]), "/p?a=x+y%26z%3D%22%3C%C3%A9&b=..");
    }
}
