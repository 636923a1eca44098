"""Landing → raw: files that sources drop become typed Parquet, or quarantine, each row accounted for.

In the order of the flow:

* `profiles`, `foreign`: foreign exports become extracts.
* `compression`, `encodings`, `lines`: bytes to whole lines of UTF-8.
* `csv_records`, `csv_reader`, `json_reader`, `parquet_reader`, `readers`, `batches`: lines to rows.
* `limits`, `columns`, `contracts`, `coercion`, `reasons`, `splitting`: rows to accepted and refused ones.
* `raw_files`, `staging`, `duplicates`, `ingest`, `commit`, `ledger`: a file's rows to raw, quarantine and ledger.
* `raw_rows`, `compaction`: which rows of raw count, and how many small raw files become few.
* `repairs`, `content`, `retry`, `replay`: refused rows tried again, with what people decided about them.
* `quarantine`, `spreadsheet`, `worksheet`, `corrections`, `views`, `sql_paths`: what people and the warehouse see of it.
"""
