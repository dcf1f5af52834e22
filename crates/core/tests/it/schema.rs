//! Any change of a schema is another schema.

use patronage_core::{Column, ColumnKind, ErrorKind, FeatureTable, Schema, Timestamp};
use patronage_testkit::{random_rows, wrong_schemas};
use proptest::prelude::*;

fn kind() -> impl Strategy<Value = ColumnKind> {
    let levels = prop::collection::hash_set("[ab,\"é]{0,2}", 0..4);
    prop_oneof![
        Just(ColumnKind::Number),
        Just(ColumnKind::NullableNumber),
        Just(ColumnKind::Flag),
        Just(ColumnKind::Date),
        levels.prop_flat_map(|levels| {
            let most = levels.len() as u32;
            (Just(levels), 0..=most).prop_map(|(levels, unseen)| ColumnKind::Category {
                levels: levels.into_iter().collect(),
                unseen,
            })
        }),
    ]
}

fn schema() -> impl Strategy<Value = Schema> {
    let column = (kind(), prop::option::of(any::<i64>()));
    let names = prop::collection::hash_set("[xy]{0,3}", 0..6);
    (names, prop::collection::vec(column, 6)).prop_map(|(names, columns)| {
        let columns = names.into_iter().zip(columns).map(|(name, (kind, known))| {
            let column = Column::new(name, kind);
            match known {
                Some(micros) => column.known_from(Timestamp::from_micros(micros)),
                None => column,
            }
        });
        Schema::new(columns).unwrap()
    })
}

proptest! {
    #[test]
    fn any_change_changes_the_fingerprint_and_is_named(schema in schema()) {
        prop_assert!(schema.check(&schema.clone()).is_ok());
        for (what, wrong) in wrong_schemas(&schema) {
            prop_assert_ne!(wrong.fingerprint(), schema.fingerprint(), "{}", what);
            prop_assert!(schema.check(&wrong).is_err(), "{}", what);
            prop_assert!(wrong.check(&schema).is_err(), "{}", what);
        }
    }

    #[test]
    fn two_schemas_have_one_fingerprint_only_if_they_are_equal(a in schema(), b in schema()) {
        prop_assert_eq!(a.fingerprint() == b.fingerprint(), a == b);
        prop_assert_eq!(a.check(&b).is_ok(), a == b);
    }

    #[test]
    fn saved_as_its_columns(schema in schema()) {
        let text = serde_json::to_string(&schema).unwrap();
        let loaded: Schema = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(loaded.fingerprint(), schema.fingerprint());
        prop_assert_eq!(loaded, schema);
    }

    #[test]
    fn random_rows_are_admitted_and_any_wrong_cell_is_named(schema in schema(), seed: u64) {
        let rows = random_rows(&schema, 8, seed);
        prop_assert!(FeatureTable::new(schema.clone(), rows.clone()).is_ok());
        for (position, column) in schema.columns().iter().enumerate() {
            let mut wrong = rows.clone();
            wrong[[5, position]] = f64::INFINITY;
            let error = FeatureTable::new(schema.clone(), wrong).unwrap_err();
            let named = matches!(
                error.kind(),
                ErrorKind::Cell { row: 5, column: found, .. } if found == column.name()
            );
            prop_assert!(named, "{}", error);
        }
    }

    #[test]
    fn any_cell_is_admitted_or_not(kind in kind(), cell: f64) {
        let expected = match &kind {
            ColumnKind::Number => cell.is_finite(),
            ColumnKind::NullableNumber => cell.is_finite() || cell.is_nan(),
            ColumnKind::Flag => [0.0, 1.0].contains(&cell),
            ColumnKind::Date => cell.is_finite() && cell.trunc() == cell,
            ColumnKind::Category { levels, unseen } => {
                (0..levels.len() as u32).chain([*unseen]).any(|code| f64::from(code) == cell)
            }
            _ => unreachable!("all kinds are listed"),
        };
        prop_assert_eq!(kind.admits(cell), expected);
    }
}

#[test]
fn boundaries_between_names_and_levels_matter() {
    let two = |a: &str, b: &str| Schema::new([Column::number(a), Column::number(b)]).unwrap();
    assert_ne!(two("ab", "c").fingerprint(), two("a", "bc").fingerprint());
    let levels = |levels: &[&str]| {
        Schema::new([Column::category("x", levels.iter().copied())]).unwrap().fingerprint()
    };
    assert_ne!(levels(&["ab", "c"]), levels(&["a", "bc"]));
    assert_ne!(levels(&["a"]), levels(&["a", ""]));
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let error =
        Schema::new([Column::number("x"), Column::flag("y"), Column::date("x")]).unwrap_err();
    assert_eq!(error.to_string(), r#"expected distinct column names, found "x" at 0 and 2"#);
    let category = |levels: &[&str], unseen| {
        let levels = levels.iter().map(|&level| level.to_owned()).collect();
        Schema::new([Column::new("x", ColumnKind::Category { levels, unseen })])
    };
    assert!(category(&["a", "b"], 2).is_ok());
    assert!(category(&["a", "b"], 1).is_ok());
    assert!(category(&["a", "b"], 3).is_err());
    assert!(category(&["a", "a"], 2).is_err());
    let text = r#"[{"name":"x","kind":"number"},{"name":"x","kind":"flag"}]"#;
    assert!(serde_json::from_str::<Schema>(text).is_err());
}
