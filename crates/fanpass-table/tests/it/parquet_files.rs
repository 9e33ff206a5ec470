//! Parquet files for tests, written by the `parquet` crate.

use std::sync::Arc;

use ::parquet::{
    data_type::{
        BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
        FloatType, Int32Type, Int64Type, Int96, Int96Type,
    },
    file::{
        properties::{WriterProperties, WriterPropertiesBuilder},
        writer::SerializedFileWriter,
    },
    schema::parser::parse_message_type,
};

/// The cells of a column; `None` is null and only stands in optional columns.
#[derive(Debug, Clone)]
pub(crate) enum Cells {
    Bool(Vec<Option<bool>>),
    Int32(Vec<Option<i32>>),
    Int64(Vec<Option<i64>>),
    Int96(Vec<Option<Int96>>),
    Float(Vec<Option<f32>>),
    Double(Vec<Option<f64>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Fixed(Vec<Option<Vec<u8>>>),
}

pub(crate) fn text<'a>(cells: impl IntoIterator<Item = &'a str>) -> Cells {
    Cells::Bytes(cells.into_iter().map(|cell| Some(cell.as_bytes().to_vec())).collect())
}

/// A file of the given row groups, written by the `parquet` crate.
pub(crate) fn written(schema: &str, properties: WriterPropertiesBuilder, groups: &[Vec<Cells>]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let optional: Vec<_> = schema.get_fields().iter().map(|field| field.is_optional()).collect();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build())).unwrap();
    for group in groups {
        let mut rows = writer.next_row_group().unwrap();
        for (cells, &optional) in group.iter().zip(&optional) {
            macro_rules! put {
                ($kind:ty, $cells:expr, $convert:expr) => {{
                    let mut column = rows.next_column().unwrap().unwrap();
                    let levels: Vec<i16> = $cells.iter().map(|cell| i16::from(cell.is_some())).collect();
                    let values: Vec<<$kind as DataType>::T> =
                        $cells.iter().flatten().cloned().map($convert).collect();
                    column
                        .typed::<$kind>()
                        .write_batch(&values, optional.then_some(&levels[..]), None)
                        .unwrap();
                    column.close().unwrap();
                }};
            }
            match cells {
                Cells::Bool(cells) => put!(BoolType, cells, |cell| cell),
                Cells::Int32(cells) => put!(Int32Type, cells, |cell| cell),
                Cells::Int64(cells) => put!(Int64Type, cells, |cell| cell),
                Cells::Int96(cells) => put!(Int96Type, cells, |cell| cell),
                Cells::Float(cells) => put!(FloatType, cells, |cell| cell),
                Cells::Double(cells) => put!(DoubleType, cells, |cell| cell),
                Cells::Bytes(cells) => put!(ByteArrayType, cells, ByteArray::from),
                Cells::Fixed(cells) => {
                    put!(FixedLenByteArrayType, cells, |cell| FixedLenByteArray::from(ByteArray::from(cell)));
                }
            }
        }
        rows.close().unwrap();
    }
    writer.into_inner().unwrap()
}

pub(crate) fn fans() -> Vec<u8> {
    let ids = text(["00042", "1e5", " Žižkov ", "123456789012345678"]);
    let tiers = Cells::Bytes(vec![Some(b"gold".to_vec()), None, Some(b"gold".to_vec()), Some(Vec::new())]);
    let schema = "message fans { required binary fan_id (UTF8); optional binary tier (UTF8); }";
    written(schema, WriterProperties::builder(), &[vec![ids, tiers]])
}
