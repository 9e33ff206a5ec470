//! Which fields of a Parquet schema are columns of single values or of lists of those.

use super::{
    schema::{Column, Element, Leaf, List, OPTIONAL, REPEATED},
    thrift::Broken,
};

impl Element {
    /// The leaf of this field with the fields `below` it, if it holds one value a row or a list of single values.
    fn column(&self, below: &[Self], index: usize) -> Result<Option<Leaf>, Broken> {
        // The entries of a list stand in a repeated structure of one field. Where its name says so, an old writer's
        // entries are that structure; others had none around them, or no list around the repeated field.
        let there = u64::from(self.repetition == OPTIONAL);
        let (element, levels) = match below {
            [] if self.repetition == REPEATED => (self, List { there: 0, entry: 1, value: 1 }),
            [] => return self.leaf(index).map(Some),
            [repeated] if self.is_list() && repeated.repetition == REPEATED => {
                (repeated, List { there, entry: there + 1, value: there + 1 })
            }
            [repeated, element]
                if self.is_list()
                    && repeated.repetition == REPEATED
                    && repeated.children == 1
                    && repeated.name != "array"
                    && repeated.name != format!("{}_tuple", self.name)
                    && element.repetition != REPEATED =>
            {
                let entry = there + 1;
                (element, List { there, entry, value: entry + u64::from(element.repetition == OPTIONAL) })
            }
            _ => return Ok(None),
        };
        if element.physical.is_none() || self.repetition == REPEATED && !below.is_empty() {
            return Ok(None);
        }
        Ok(Some(Leaf { list: Some(levels), ..element.leaf(index)? }))
    }
}

/// The fields below the root, and how many leaves the whole schema has.
pub(super) fn columns(elements: Vec<Element>) -> Result<(Vec<Column>, usize), Broken> {
    let lacks = Broken("its schema lacks fields");
    let mut elements = elements.into_iter();
    let root = elements.next().ok_or(lacks)?;
    let (mut columns, mut leaves) = (Vec::new(), 0);
    for _ in 0..root.children {
        let field = elements.next().ok_or(lacks)?;
        let index = leaves;
        let is_leaf = field.physical.is_some();
        let mut left = if is_leaf { 0 } else { field.children };
        leaves += usize::from(is_leaf);
        let mut below = Vec::new();
        while left > 0 {
            let inner = elements.next().ok_or(lacks)?;
            left -= 1;
            if inner.physical.is_some() {
                leaves += 1;
            } else {
                left = left.saturating_add(inner.children);
            }
            below.push(inner);
        }
        let leaf = if is_leaf || !below.is_empty() { field.column(&below, index)? } else { None };
        columns.push(Column { name: field.name, leaf });
    }
    if elements.next().is_some() {
        return Err(Broken("its schema has fields that belong nowhere"));
    }
    Ok((columns, leaves))
}
