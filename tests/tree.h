/* All files below a folder, in memory, to compare two states and to restore one. */
#ifndef TESTS_TREE_H
#define TESTS_TREE_H

#include <stddef.h>

typedef struct {
    char *name; /* below the folder */
    unsigned char *data;
    size_t size;
    int is_folder;
} TreeFile;

/* Sorted by name, so that a folder comes before its contents. */
typedef struct {
    TreeFile *file;
    int n;
} Tree;

Tree tree_read(const char *folder); /* empty where there is none; tree_free */
void tree_free(Tree *t);
const TreeFile *tree_find(const Tree *t, const char *name); /* NULL where it is not there */
int tree_file_same(const TreeFile *a, const TreeFile *b);   /* bytes; 0 where one is NULL */
/* The first name at which two states differ, or NULL. */
const char *tree_difference(const Tree *a, const Tree *b);
/* Makes the folder hold exactly these files; files that are already equal are not written. */
void tree_restore(const Tree *t, const char *folder);

#endif
