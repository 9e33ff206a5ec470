//! The values of one column in one row group, page after page.

use std::{fs::File, io, ops::Range};

use super::{
    footer::Chunk,
    hybrid::Hybrid,
    page::{self, Budget, DATA, DATA_2, DICTIONARY, Header, damaged},
    schema::{Leaf, List},
    thrift::{Broken, ENDS},
    values::{Decoder, Dictionary, Value, prefix},
};

/// A column chunk that is being read.
#[derive(Debug)]
pub(super) struct Values {
    leaf: Leaf,
    /// What is left of the chunk.
    chunk: Chunk,
    dictionary: Dictionary,
    page: Vec<u8>,
    /// Which values are null, where any may be.
    levels: Option<Hybrid>,
    /// Which values go on with the list of the one before, where there are lists.
    repetitions: Option<Hybrid>,
    /// The next of those, if it was looked at.
    ahead: Option<u64>,
    decoder: Decoder,
    /// Values left in the page.
    left: u64,
    /// What is counted as held for the dictionary and the page.
    held: (usize, usize),
}

impl Values {
    pub(super) fn new(leaf: Leaf, chunk: Chunk) -> Self {
        Self {
            leaf,
            chunk,
            dictionary: Dictionary::default(),
            page: Vec::new(),
            levels: None,
            repetitions: None,
            ahead: None,
            decoder: Decoder::Plain { at: 0 },
            left: 0,
            held: (0, 0),
        }
    }

    pub(super) fn leaf(&self) -> Leaf {
        self.leaf
    }

    /// The next value; `None` if it is null.
    #[inline]
    pub(super) fn next(&mut self, file: &mut File, budget: &mut Budget) -> io::Result<Option<Value<'_>>> {
        while self.left == 0 {
            self.next_page(file, budget)?;
        }
        self.left -= 1;
        if let Some(levels) = &mut self.levels
            && levels.next(&self.page).map_err(damaged)? == 0
        {
            return Ok(None);
        }
        let value = self.decoder.next(&self.page, &self.dictionary, self.leaf.physical);
        value.map(Some).map_err(damaged)
    }

    /// The next list: hands over its entries, `None` for a null. `false` if the list itself is null.
    pub(super) fn next_list(
        &mut self,
        list: List,
        file: &mut File,
        budget: &mut Budget,
        mut each: impl FnMut(Option<Value<'_>>) -> io::Result<()>,
    ) -> io::Result<bool> {
        let mut first = true;
        loop {
            while self.left == 0 {
                if !first && self.chunk.length == 0 {
                    return Ok(true);
                }
                self.next_page(file, budget)?;
            }
            let (Some(levels), Some(repetitions)) = (&mut self.levels, &mut self.repetitions) else {
                return Err(damaged(ENDS));
            };
            let goes_on = match self.ahead.take() {
                Some(ahead) => ahead,
                None => repetitions.next(&self.page).map_err(damaged)?,
            };
            match (goes_on, first) {
                (0, false) => {
                    self.ahead = Some(0);
                    return Ok(true);
                }
                (0, true) => first = false,
                (_, false) => {}
                (_, true) => return Err(damaged(Broken("a list begins in its middle"))),
            }
            self.left -= 1;
            let definition = levels.next(&self.page).map_err(damaged)?;
            if definition < list.there {
                return Ok(false);
            }
            if definition >= list.value {
                let value = self.decoder.next(&self.page, &self.dictionary, self.leaf.physical);
                each(Some(value.map_err(damaged)?))?;
            } else if definition >= list.entry {
                each(None)?;
            }
        }
    }

    /// True if every value was read. Pages without values may follow.
    pub(super) fn is_done(&self) -> bool {
        self.left == 0
    }

    /// Gives back what is counted as held.
    pub(super) fn release(&mut self, budget: &mut Budget) {
        budget.held = budget.held.saturating_sub(self.held.0).saturating_sub(self.held.1);
        self.held = (0, 0);
        self.page = Vec::new();
        self.dictionary = Dictionary::default();
    }

    fn next_page(&mut self, file: &mut File, budget: &mut Budget) -> io::Result<()> {
        if self.chunk.length == 0 {
            return Err(damaged(Broken("a column has fewer values than there are rows")));
        }
        self.page = Vec::new();
        budget.held = budget.held.saturating_sub(self.held.1);
        self.held.1 = 0;
        let header = page::header(file, &mut self.chunk)?;
        let bytes = page::body(file, &mut self.chunk, &header, budget)?;
        match header.kind {
            DICTIONARY => {
                let cost = Dictionary::cost(bytes.len());
                budget.held = budget.held.saturating_sub(self.held.0);
                self.held.0 = cost;
                budget.hold(cost)?;
                self.dictionary = Dictionary::new(bytes, self.leaf.physical).map_err(damaged)?;
            }
            DATA | DATA_2 => {
                self.held.1 = bytes.len();
                budget.hold(bytes.len())?;
                self.page = bytes;
                self.begin(&header).map_err(damaged)?;
                self.left = header.values;
            }
            // Indexes and kinds to come hold no values.
            _ => {}
        }
        Ok(())
    }

    /// Finds levels and values in the page.
    fn begin(&mut self, header: &Header) -> Result<(), Broken> {
        let old_way = Broken("nulls or lists are marked in a way that is no longer written");
        // What begins at a byte behind its length.
        let behind_length = |at: usize, encoding: i64| {
            if encoding != 3 {
                return Err(old_way);
            }
            let start = at.saturating_add(4);
            Ok(start..start.saturating_add(prefix(&self.page, at)?))
        };
        let Leaf { optional, list, .. } = self.leaf;
        let (repetitions, levels) = if header.kind == DATA_2 {
            // Some writers give the levels of lists, all of them zero, to a column that is none.
            let start = header.repetition;
            (0..start, start..start.saturating_add(header.definition))
        } else {
            let repetitions =
                if list.is_some() { behind_length(0, header.repetition_encoding)? } else { 0..0 };
            let at = repetitions.end;
            let has_levels = optional || list.is_some();
            (repetitions, if has_levels { behind_length(at, header.level_encoding)? } else { at..at })
        };
        let at = levels.end;
        if at > self.page.len() {
            return Err(ENDS);
        }
        let hybrid = |range: Range<usize>, width| Hybrid::new(range.start, range.end, width).map(Some);
        self.repetitions = if list.is_some() { hybrid(repetitions, 1)? } else { None };
        self.levels = match list {
            Some(list) => hybrid(levels, u64::BITS - list.value.leading_zeros())?,
            None if optional => hybrid(levels, 1)?,
            None => None,
        };
        self.ahead = None;
        self.decoder = Decoder::new(header.encoding, self.leaf.physical, &self.page, at, header.values)?;
        Ok(())
    }
}
