"""The same cleaning and grouping as the example `rfm`, in DuckDB: CSV file in, rfm.csv out.

Usage: rfm_duckdb.py TRANSACTIONS_CSV OUT_CSV [THREADS]
"""
import sys

import duckdb

source, target = sys.argv[1], sys.argv[2]
threads = int(sys.argv[3]) if len(sys.argv) > 3 else 2

connection = duckdb.connect(config={"threads": threads})
connection.execute(
    f"""
    COPY (
        WITH kept AS (
            SELECT CAST(CAST(CustomerID AS DOUBLE) AS BIGINT) AS customer,
                   InvoiceNo AS invoice,
                   InvoiceDate AS bought,
                   CAST(Quantity * CAST(UnitPrice AS DECIMAL(18, 4)) AS DECIMAL(18, 4)) AS amount
            FROM read_csv('{source}', header = true, types = {{
                'InvoiceNo': 'VARCHAR', 'StockCode': 'VARCHAR', 'Description': 'VARCHAR',
                'Quantity': 'BIGINT', 'InvoiceDate': 'TIMESTAMP', 'UnitPrice': 'VARCHAR',
                'CustomerID': 'VARCHAR', 'Country': 'VARCHAR'}})
            WHERE CustomerID IS NOT NULL AND Quantity > 0
              AND CAST(UnitPrice AS DECIMAL(18, 4)) > 0 AND NOT starts_with(InvoiceNo, 'C')
        ),
        as_of AS (SELECT CAST(max(bought) AS DATE) + 1 AS today FROM kept)
        SELECT customer,
               CAST(max(bought) AS DATE) AS last_purchase,
               (SELECT today FROM as_of) - CAST(max(bought) AS DATE) AS recency_days,
               count(DISTINCT invoice) AS frequency,
               sum(amount) AS monetary
        FROM kept GROUP BY customer ORDER BY customer
    ) TO '{target}' (HEADER, DELIMITER ',')
    """
)
