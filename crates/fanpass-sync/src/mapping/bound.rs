//! A mapping bound to the columns of one table: what its rows become.

use fanpass_model::{AttributeDefinition, UserId, UserProperties};
use fanpass_table::{Reject, Row, find_columns, list_columns};

use super::{ColumnMap, Mapping, cell::within};
use crate::{
    CellFault, ErrorKind, SyncError, check_mended, code, original_columns,
    rejects::{ALSO, FAULT, escaped, is_hidden},
};

/// Where the columns of a mapping stand.
#[derive(Debug)]
pub(crate) struct Bound {
    /// The columns it was bound to; a file of an archive can have others.
    columns: Vec<String>,
    id: usize,
    /// One for each of [`Mapping::map`].
    values: Vec<usize>,
    /// Whether they are those of a reject file.
    pub(super) of_rejects: bool,
}

/// What a row that is not a reject holds.
pub(crate) struct Mapped {
    pub(crate) user: UserId,
    pub(crate) properties: UserProperties,
    /// Whether white space was taken off the id.
    pub(crate) trimmed: bool,
}

impl Bound {
    pub(crate) fn new(mapping: &Mapping, columns: &[String]) -> Result<Self, SyncError> {
        let all = columns.to_vec();
        let columns = original_columns(columns);
        let id = find(columns, mapping.id.as_deref())?;
        let find_value = |map: &ColumnMap| {
            let column = find(columns, Some(&map.column)).map_err(|error| error.at(&map.key))?;
            if column != id {
                return Ok(column);
            }
            let message = format!(
                "column {:?} holds the user ids and is mapped to {}: map another column, or name the ids' with --id; \
                 the columns are {}",
                columns[id],
                map.key,
                list_columns(columns)
            );
            Err(SyncError::new(ErrorKind::IdMapped, message))
        };
        let values = mapping.map.iter().map(find_value).collect::<Result<_, _>>()?;
        Ok(Self { of_rejects: all.len() > columns.len(), columns: all, id, values })
    }

    pub(crate) fn fits(&self, columns: &[String]) -> bool {
        self.columns == columns
    }

    /// Reads a row. The reject names one cell at fault and tells of the others too; with it comes the user, if the id can be
    /// trusted. Cells whose text was not used go into `shown`, with text that would have become the same.
    pub(crate) fn read(
        &self,
        mapping: &Mapping,
        bounds: &[Option<AttributeDefinition>],
        row: &Row<'_>,
        shown: &mut Vec<(usize, String)>,
    ) -> Result<Mapped, (Box<Reject>, Option<UserId>)> {
        let unmended = self.unmended(row).map_err(|reject| (reject, None))?;
        let is_mended = unmended.is_none();
        let mut properties = UserProperties::with_capacity(mapping.set.len() + mapping.map.len());
        for constant in &mapping.set {
            properties.insert(constant.key().clone(), constant.value().clone());
        }
        let mut faults: Vec<_> = unmended.into_iter().collect();
        let is_new = |faults: &[(usize, CellFault)], column| faults.iter().all(|(known, _)| *known != column);
        let user = self.user(mapping, row);
        if let Err(reject) = &user
            && is_new(&faults, self.id)
        {
            faults.push((self.id, CellFault::new(reject.code, reject.message.clone())));
        }
        for ((map, bounds), &column) in mapping.map.iter().zip(bounds).zip(&self.values) {
            let cell = self.cell(mapping, map, row, column, shown);
            match cell.and_then(|value| within(bounds.as_ref(), value)) {
                Ok(Some(value)) => _ = properties.insert(map.key.clone(), value),
                Err(fault) if is_new(&faults, column) => faults.push((column, fault)),
                Ok(None) | Err(_) => {}
            }
        }
        // By its code a row is known until it is mended: one that a reject file cannot show comes first.
        faults.sort_by_key(|(_, fault)| !is_hidden(fault.code));
        let Some(((column, first), others)) = faults.split_first() else {
            let (user, trimmed) = user.map_err(|reject| (reject, None))?;
            return Ok(Mapped { user, properties, trimmed });
        };
        let also = |(column, fault): &(usize, CellFault)| {
            format!("{ALSO}{:?} too: {}", self.columns[*column], fault.message)
        };
        for &(column, _) in others.iter().filter(|(_, fault)| is_hidden(fault.code)) {
            let cell = row.fields().nth(column).unwrap_or_default();
            if !cell.starts_with(FAULT) {
                shown.push((column, format!("{FAULT}{cell}")));
            }
        }
        let others: String = others.iter().map(also).collect();
        let reject = row.reject(Some(*column), first.code, format!("{}{others}", first.message));
        Err((reject, user.ok().filter(|_| is_mended).map(|(user, _)| user)))
    }

    /// Escapes the cells of a row that could not be told apart: any but the id may come to be that of a value.
    pub(crate) fn escape(&self, cells: &mut [String]) {
        for (column, cell) in cells.iter_mut().enumerate() {
            if let Some(text) = escaped(cell).filter(|_| !self.of_rejects && column != self.id) {
                *cell = text;
            }
        }
    }

    /// The cell of a row of rejects that is at fault as it was; an error if that is no single cell, or the id is another.
    fn unmended(&self, row: &Row<'_>) -> Result<Option<(usize, CellFault)>, Box<Reject>> {
        let Err(reject) = check_mended(row, self.id) else { return Ok(None) };
        let column = self.columns.iter().position(|name| reject.column.as_ref() == Some(name));
        match column.filter(|_| reject.code == code::NOT_MENDED) {
            Some(column) => Ok(Some((column, reject.into()))),
            None => Err(reject),
        }
    }

    /// The user that a row names, and whether white space was taken off the id.
    fn user(&self, mapping: &Mapping, row: &Row<'_>) -> Result<(UserId, bool), Box<Reject>> {
        let cell = row.cell(self.id)?;
        let id = cell.trim();
        if id.is_empty() || mapping.is_null(id) {
            let what = if id.is_empty() { "empty" } else { "text that is stated to mean null" };
            let message = format!("the id's cell is {what}: fill it in, or remove the row");
            return Err(row.reject(Some(self.id), fanpass_table::code::EMPTY_ID, message));
        }
        let refuse = |error: fanpass_model::ModelError| {
            row.reject(Some(self.id), error.kind().code(), format!("the {error}"))
        };
        UserId::new(id).map(|user| (user, id.len() < cell.len())).map_err(refuse)
    }
}

/// The one column that is meant.
fn find(columns: &[String], wanted: Option<&str>) -> Result<usize, SyncError> {
    let fail = |kind, problem: String| {
        Err(SyncError::new(kind, format!("{problem}; the columns are {}", list_columns(columns))))
    };
    match (find_columns(columns, wanted).as_slice(), wanted) {
        ([only], _) => Ok(*only),
        ([], Some(name)) => fail(ErrorKind::UnknownColumn, format!("there is no column {name:?}")),
        ([], None) => {
            let problem = "no column is recognised as the user ids: name it with --id NAME or --id '#N'";
            fail(ErrorKind::AmbiguousColumn, problem.to_owned())
        }
        (several, _) => {
            let numbers: Vec<_> = several.iter().map(|column| format!("#{}", column + 1)).collect();
            let what =
                wanted.map_or("may hold the user ids".to_owned(), |name| format!("are named {name:?}"));
            let problem =
                format!("several columns {what}: say which by its number, {}", numbers.join(" or "));
            fail(ErrorKind::AmbiguousColumn, problem)
        }
    }
}
