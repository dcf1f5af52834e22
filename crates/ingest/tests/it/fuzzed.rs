//! The checks of the fuzz targets, on inputs that proptest draws.

use proptest::prelude::*;

/// Pieces of files, so that what is drawn reaches deeper than the header.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::sample::select(vec![
            &b"536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"[..],
            b"C536365,85123A,HEART,-6,2010-12-01 08:26:00,2.55,17850.0,France\n",
            b"536366,71053,\"LAMP \"\"X\"\", BIG\",1,12/1/2010 8:26,0.001,13047,EIRE\r\n",
            b"536367,71053,\"TWO\nLINES\",1e308,2010-12-01 08:26:00,1e308,1,EIRE\n",
            b"536368,,,1.5,2010-13-01,NaN,,\n",
            b" 00001 19970101  1   11.77\r\n",
            b" 00002 0001 19970112  5   77.00\r\n",
            b"900,330,31198570044,1095275,1,0.5,0.0,0.0,0.0,1,2017-01-01 11:53:26,A,B,C,D\n",
        ]).prop_map(<[u8]>::to_vec),
        2 => prop::sample::select(vec!["\"", ",", "\n", "\r", "\r\n", ";", " ", "\t", "£", "-"])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ]
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let header = prop::sample::select(vec![
        &b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"[..],
        b"\xef\xbb\xbfInvoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\r\n",
        b"household_id,store_id,basket_id,product_id,quantity,sales_value,retail_disc,coupon_disc,\
          coupon_match_disc,week,transaction_timestamp,department,brand,product_category,product_type\n",
        b" customer_id  date number_of_cds  dollar_value\r\n",
        b"",
    ]);
    (header, prop::collection::vec(piece(), 0..12))
        .prop_map(|(header, pieces)| [header, &pieces.concat()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read(bytes in file()) {
        crate::checks::read(&bytes);
    }

    #[test]
    fn any_text_is_a_mapping_or_an_error(
        shipped in 0..4usize,
        at in any::<prop::sample::Index>(),
        length in 0..12usize,
        patch in "[a-z0-9\"\\[\\]= %,.\\n]{0,8}",
    ) {
        let shipped = [
            patronage_ingest::ONLINE_RETAIL,
            patronage_ingest::COMPLETE_JOURNEY,
            patronage_ingest::CDNOW,
            patronage_ingest::CDNOW_SAMPLE,
        ][shipped];
        // The mappings are ASCII: any position is the boundary of a character.
        let at = at.index(shipped.len());
        let end = (at + length).min(shipped.len());
        crate::checks::mapping(&format!("{}{patch}{}", &shipped[..at], &shipped[end..]));
    }

    #[test]
    fn any_text_is_a_saved_model_or_an_error(
        centres in prop::collection::vec(any::<f64>(), 0..4),
        at in any::<prop::sample::Index>(),
        patch in "[ -~]{0,3}",
    ) {
        let text = crate::checks::saved_toy(centres);
        crate::checks::saved_model(&text);
        if !text.is_empty() {
            let at = at.index(text.len());
            crate::checks::saved_model(&format!("{}{patch}{}", &text[..at], &text[at..]));
            crate::checks::saved_model(&format!("{}{patch}", &text[..at]));
        }
    }
}
