//! Ids and indices stand one for one, in order of first sight.

use std::collections::HashMap;

use patronage_core::{CustomerIdx, IdMap, ItemIdx};
use proptest::prelude::*;

fn ids() -> impl Strategy<Value = Vec<String>> {
    // Few letters, so that ids repeat, and are prefixes of one another when put end to end.
    prop::collection::vec("[ab0-9é]{0,3}", 0..200)
}

proptest! {
    #[test]
    fn a_bijection_in_order_of_first_sight(ids in ids()) {
        let mut expected: HashMap<&str, usize> = HashMap::new();
        let mut map = IdMap::<CustomerIdx>::new();
        for id in &ids {
            let next = expected.len();
            let index = *expected.entry(id).or_insert(next);
            prop_assert_eq!(map.intern(id).index(), index);
        }
        prop_assert_eq!(map.len(), expected.len());
        for (&id, &index) in &expected {
            prop_assert_eq!(map.index_of(id), Some(CustomerIdx::from_usize(index)));
            prop_assert_eq!(map.id(CustomerIdx::from_usize(index)), Some(id));
        }
        prop_assert_eq!(map.id(CustomerIdx::from_usize(expected.len())), None);
        prop_assert_eq!(map.index_of("never seen"), None);
        // Equal sequences give equal maps, whatever the hasher's seed; a copy is its own.
        let again: IdMap<CustomerIdx> = ids.iter().collect();
        prop_assert_eq!(&again, &map);
        let mut copy = map.clone();
        copy.intern("one more");
        prop_assert_eq!(&again, &map);
        prop_assert_eq!(copy.len(), map.len() + 1);
        prop_assert!(map.iter().all(|(index, id)| copy.index_of(id) == Some(index)));
    }

    #[test]
    fn it_is_saved_as_its_ids(ids in ids()) {
        let map: IdMap<ItemIdx> = ids.iter().collect();
        let text = serde_json::to_string(&map).unwrap();
        let loaded: IdMap<ItemIdx> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&loaded, &map);
        prop_assert!(map.iter().all(|(index, id)| loaded.index_of(id) == Some(index)));
        let list: Vec<String> = serde_json::from_str(&text).unwrap();
        prop_assert!(list.iter().map(String::as_str).eq(map.iter().map(|(_, id)| id)));
    }

    #[test]
    fn sorting_puts_numbers_first_by_value(numbers in prop::collection::vec(0_u64..5000, 0..50), text in ids()) {
        let map: IdMap<ItemIdx> = numbers.iter().map(u64::to_string).chain(text).collect();
        let sorted: Vec<&str> = map.sorted().into_iter().map(|index| map.id(index).unwrap()).collect();
        prop_assert_eq!(sorted.len(), map.len());
        let key = |id: &&str| {
            let number = id.parse::<u64>().ok().filter(|number| number.to_string() == *id);
            (number.is_none(), number, id.to_string())
        };
        prop_assert!(sorted.is_sorted_by_key(key), "{:?}", sorted);
    }

    #[test]
    fn integers_are_their_text(id: i64) {
        let mut map = IdMap::<CustomerIdx>::new();
        let index = map.intern_int(id);
        prop_assert_eq!(map.index_of(&id.to_string()), Some(index));
        prop_assert_eq!(map.index_of_int(id), Some(index));
    }
}

#[test]
fn doubled_ids_are_refused_when_loading() {
    let error = serde_json::from_str::<IdMap<ItemIdx>>(r#"["a","b","a"]"#).unwrap_err();
    assert!(error.to_string().contains(r#"found "a" twice"#), "{error}");
}
