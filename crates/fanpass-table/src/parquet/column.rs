//! The values of one column in one row group, page after page.

use std::{fs::File, io};

use super::{
    footer::Chunk,
    hybrid::Hybrid,
    page::{self, Budget, DATA, DATA_2, DICTIONARY, Header, damaged},
    schema::Leaf,
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
        let (levels, at) = if header.kind == DATA_2 {
            // Some writers give the levels of lists, all of them zero, to a column that is none.
            let end = header.repetition.saturating_add(header.definition);
            (header.repetition..end, end)
        } else if self.leaf.optional {
            if header.level_encoding != 3 {
                return Err(Broken("nulls are marked in a way that is no longer written"));
            }
            let end = prefix(&self.page, 0)?.saturating_add(4);
            (4..end, end)
        } else {
            (0..0, 0)
        };
        if at > self.page.len() {
            return Err(ENDS);
        }
        self.levels = if self.leaf.optional { Some(Hybrid::new(levels.start, levels.end, 1)?) } else { None };
        self.decoder = Decoder::new(header.encoding, self.leaf.physical, &self.page, at, header.values)?;
        Ok(())
    }
}
