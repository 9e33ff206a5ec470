//! The shared strings of a workbook in one block of memory.

use std::ops::Range;

use crate::metered::reached;

#[derive(Debug, Default)]
pub(crate) struct Strings {
    text: String,
    ends: Vec<usize>,
    most: usize,
}

impl Strings {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// The text to push the next string to.
    pub(crate) fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// Ends the string under way.
    pub(crate) fn end(&mut self) -> std::io::Result<()> {
        self.ends.push(self.text.len());
        let held = self.text.len() + self.ends.len() * size_of::<usize>();
        if held > self.most {
            return Err(reached(format!("its shared strings take more than {} bytes", self.most)));
        }
        Ok(())
    }

    pub(crate) fn get(&self, index: usize) -> Option<&str> {
        self.text.get(self.range(index)?)
    }

    fn range(&self, index: usize) -> Option<Range<usize>> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        Some(start..end)
    }
}
